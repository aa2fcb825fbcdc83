//! Weights of analyses.

/// Fork-balanced weights: at each fork the options that lead anywhere share the weight equally, so that an option is not
/// worth more because it branches more often later. They sum to 1.
///
/// # Inputs
/// `choices`: the option taken at each fork, one list an analysis, all of one length.
pub fn fork_balanced(choices: &[Vec<usize>]) -> Vec<f64> {
    let mut weights = vec![0.0; choices.len()];
    let all: Vec<usize> = (0..choices.len()).collect();
    share(choices, &all, 0, 1.0, &mut weights);
    weights
}

fn share(choices: &[Vec<usize>], members: &[usize], fork: usize, weight: f64, weights: &mut [f64]) {
    let option = |i: usize| choices.get(i).and_then(|choice| choice.get(fork)).copied();
    let mut options: Vec<usize> = members.iter().filter_map(|&i| option(i)).collect();
    options.sort_unstable();
    options.dedup();
    if options.is_empty() {
        for &i in members {
            if let Some(slot) = weights.get_mut(i) {
                *slot = weight / members.len() as f64;
            }
        }
        return;
    }
    let each = weight / options.len() as f64;
    for wanted in options {
        let inside: Vec<usize> = members
            .iter()
            .copied()
            .filter(|&i| option(i) == Some(wanted))
            .collect();
        share(choices, &inside, fork + 1, each, weights);
    }
}
