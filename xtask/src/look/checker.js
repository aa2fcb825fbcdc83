(width) => {
  // Walks a rendered page and returns [[kind, detail], ...]. Runs in the page, changes nothing in it.
  const faults = [];
  const root = document.documentElement;
  const isSvgFile = root.localName === "svg";
  const seen = new Map();
  const fault = (kind, detail) => {
    const count = (seen.get(kind) || 0) + 1;
    seen.set(kind, count);
    if (count <= 12) faults.push([kind, detail]);
    else if (count === 13) faults.push([kind, "... and more"]);
  };
  const short = (text) => {
    const line = text.replace(/\s+/g, " ").trim();
    return line.length > 60 ? line.slice(0, 57) + "..." : line;
  };
  const name = (element) => {
    let text = element.localName;
    if (element.id) text += "#" + element.id;
    const classes = element.getAttribute("class");
    if (classes) text += "." + classes.trim().split(/\s+/).join(".");
    return text;
  };
  const isVisible = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: false });
  // Text for screen readers only: clipped to a dot on purpose.
  const isForEarsOnly = (element) => {
    for (let at = element; at && at !== root; at = at.parentElement) {
      const box = at.getBoundingClientRect();
      const style = getComputedStyle(at);
      if (box.width <= 2 && box.height <= 2 && style.overflow !== "visible") return true;
    }
    return false;
  };

  // ---- oriented boxes: four corners in CSS pixels -------------------------------------------------
  const corners = (box, matrix) =>
    [[box.x, box.y], [box.x + box.width, box.y], [box.x + box.width, box.y + box.height], [box.x, box.y + box.height]]
      .map(([x, y]) => ({ x: matrix.a * x + matrix.c * y + matrix.e, y: matrix.b * x + matrix.d * y + matrix.f }));
  // How deep two convex boxes lie in each other (separating axes); 0 or less when apart.
  const depth = (one, other) => {
    let least = Infinity;
    for (const box of [one, other]) {
      for (let i = 0; i < 2; i++) {
        let [x, y] = [box[i + 1].y - box[i].y, box[i].x - box[i + 1].x];
        const length = Math.hypot(x, y);
        if (length === 0) return 0;
        [x, y] = [x / length, y / length];
        const along = (points) => points.map((point) => point.x * x + point.y * y);
        const [a, b] = [along(one), along(other)];
        least = Math.min(least, Math.min(Math.max(...a), Math.max(...b)) - Math.max(Math.min(...a), Math.min(...b)));
      }
    }
    return least;
  };

  // ---- colours ------------------------------------------------------------------------------------
  const pixel = document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
  pixel.width = pixel.height = 1;
  const brush = pixel.getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = "rgba(0,0,0,0)";
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => {
    const a = top[3] + below[3] * (1 - top[3]);
    if (a === 0) return [0, 0, 0, 0];
    return [0, 1, 2].map((i) => (top[i] * top[3] + below[i] * below[3] * (1 - top[3])) / a).concat(a);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((part) => {
      const x = part / 255;
      return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [a, b] = [luminance(one), luminance(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const opacityOf = (element) => {
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) opacity *= parseFloat(getComputedStyle(at).opacity);
    return opacity;
  };
  // Canvas colour of the browser: white, or near black where the page allows a dark scheme.
  const canvas = rgba(getComputedStyle(root).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches
    ? "#121212" : "#ffffff");
  const backgroundOf = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null;
      const colour = rgba(style.backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), canvas);
  };
  const checkContrast = (text, foreground, background, size, weight) => {
    const large = size >= 24 || (size >= 18.6 && weight >= 700);
    const ratio = contrast(over(foreground, background), background);
    if (ratio < (large ? 2.95 : 4.45)) fault("contrast", `"${short(text)}" has ${ratio.toFixed(2)} : 1`);
  };

  // ---- page ---------------------------------------------------------------------------------------
  if (!isSvgFile) {
    if (root.clientWidth !== width) fault("viewport", `laid out ${root.clientWidth} px wide on a screen of ${width} px`);
    if (root.scrollWidth > root.clientWidth) {
      fault("sideways", `the page is ${root.scrollWidth} px wide on a screen of ${root.clientWidth} px`);
    }
    if (!document.title.trim()) fault("title", "the page has no title");
    if (!root.lang) fault("language", "the page names no language");
    const main = document.body.innerText.trim();
    if (main.length < 1) fault("empty", "the page says nothing");
    for (const link of document.querySelectorAll("a[href^='#']")) {
      const id = decodeURIComponent(link.getAttribute("href").slice(1));
      if (id && !document.getElementById(id)) fault("dead-link", `#${id}`);
    }
    for (const part of document.querySelectorAll("link[href], script[src], iframe[src], img[src]")) {
      const address = part.getAttribute("href") || part.getAttribute("src");
      if (/^(https?:)?\/\//.test(address)) fault("network", `${name(part)} points to ${address}`);
    }
  }
  const ids = new Map();
  for (const element of document.querySelectorAll("[id]")) ids.set(element.id, (ids.get(element.id) || 0) + 1);
  for (const [id, count] of ids) if (count > 1) fault("duplicate-id", `#${id} stands ${count} times`);
  const written = isSvgFile ? root.textContent : document.body.innerText;
  const nonsense = written.match(/.{0,20}\b(NaN|undefined|Infinity|\[object Object\])\b.{0,20}/);
  if (nonsense) fault("nonsense", short(nonsense[0]));

  // ---- figures ------------------------------------------------------------------------------------
  const drawn = "path, rect, circle, ellipse, line, polyline, polygon, text, use, image";
  const pictures = [...document.querySelectorAll("svg, img")].filter((picture) => !picture.parentElement?.closest("svg"));
  for (const picture of pictures) {
    if (!isVisible(picture)) continue;
    const box = picture.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) fault("missing-figure", `${name(picture)} is ${box.width} x ${box.height} px`);
    else if (picture.localName === "img" && !(picture.complete && picture.naturalWidth > 0)) {
      fault("missing-figure", `${name(picture)} did not load`);
    } else if (picture.localName === "svg" && ![...picture.querySelectorAll(drawn)].some((part) => !part.closest("defs"))) {
      fault("missing-figure", `${name(picture)} draws nothing`);
    }
    const spoken = picture.getAttribute("aria-label") || picture.getAttribute("aria-labelledby") ||
      picture.getAttribute("alt") || picture.querySelector(":scope > title");
    if (!spoken && !picture.closest("[aria-hidden=true]") && picture.getAttribute("alt") === null) {
      fault("no-text-alternative", name(picture));
    }
  }
  for (const figure of document.querySelectorAll("figure, .figure, [data-figure]")) {
    if (isVisible(figure) && !pictures.some((picture) => figure.contains(picture) && isVisible(picture))) {
      fault("missing-figure", `${name(figure)} holds no visible picture: "${short(figure.textContent)}"`);
    }
  }

  if (width >= 1280) {
    for (const svg of document.querySelectorAll("svg[data-figure$='-narrow']")) {
      if (isVisible(svg) && !svg.closest("[aria-hidden=true]")) {
        fault("narrow-figure", `${svg.dataset.figure} is drawn for a narrow screen`);
      }
    }
  }

  // ---- HTML text ----------------------------------------------------------------------------------
  const scrolls = (style) => /auto|scroll/.test(style.overflowX);
  const labels = []; // [quad, text, scope]
  if (!isSvgFile) {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const holders = new Set();
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const parent = node.parentElement;
      if (!node.data.trim() || parent.closest("svg, script, style, noscript, option, textarea")) continue;
      if (!isVisible(parent) || isForEarsOnly(parent)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5 && box.height > 0.5);
      if (boxes.length === 0) continue;
      const style = getComputedStyle(parent);
      const size = parseFloat(style.fontSize);
      if (size < 10.9) fault("small-text", `"${short(node.data)}" is ${size.toFixed(1)} px`);
      const background = backgroundOf(parent);
      if (background) {
        const colour = rgba(style.color);
        colour[3] *= opacityOf(parent);
        checkContrast(node.data, colour, background, size, parseInt(style.fontWeight, 10));
      }
      let floats = false;
      for (let at = parent; at; at = at.parentElement) {
        if (/fixed|sticky/.test(getComputedStyle(at).position)) floats = true;
      }
      // The nearest box that lays the text out must hold it, unless something scrolls on the way up.
      let block = parent;
      while (getComputedStyle(block).display.startsWith("inline") && !/inline-(block|flex|grid)/.test(getComputedStyle(block).display)) {
        block = block.parentElement;
      }
      holders.add(block);
      const isScrolled = (() => {
        for (let at = block; at && at !== root; at = at.parentElement) if (scrolls(getComputedStyle(at))) return true;
        return false;
      })();
      const hold = block.getBoundingClientRect();
      for (const box of boxes) {
        if (!floats) {
          const inner = Math.min(box.height * 0.2, 4);
          labels.push([corners({ x: box.x, y: box.y + inner, width: box.width, height: box.height - 2 * inner },
            { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 }), node.data, parent]);
        }
        // Cut off text is looked for below.
        if (isScrolled || style.position === "absolute" || getComputedStyle(block).overflowX !== "visible") continue;
        if (box.right > hold.right + 1.5 || box.left < hold.left - 1.5) {
          fault("overflow", `"${short(node.data)}" leaves ${name(block)} by ${Math.max(box.right - hold.right, hold.left - box.left).toFixed(0)} px`);
          break;
        }
        if (box.bottom > hold.bottom + 6 || box.top < hold.top - 6) {
          fault("overflow", `"${short(node.data)}" leaves ${name(block)} below or above`);
          break;
        }
      }
    }
    for (const block of holders) {
      for (let at = block; at && at !== root; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (scrolls(style)) break;
        if (style.overflowX !== "visible" && at.clientWidth > 2 && at.scrollWidth > at.clientWidth + 1) {
          fault("clipped", `"${short(at.textContent)}" is cut off in ${name(at)}`);
          break;
        }
        if (style.overflowY === "hidden" && at.clientHeight > 2 && at.scrollHeight > at.clientHeight + 6) {
          fault("clipped", `"${short(at.textContent)}" is cut off in ${name(at)}`);
          break;
        }
      }
    }
  }

  // ---- SVG text -----------------------------------------------------------------------------------
  for (const svg of pictures) {
    if (svg.localName !== "svg" || !isVisible(svg)) continue;
    const frame = svg.getBoundingClientRect();
    const view = svg.viewBox.baseVal;
    const toScreen = svg.getScreenCTM();
    if (!toScreen || frame.width < 2) continue;
    const border = view && view.width > 0
      ? corners(view, toScreen)
      : corners(frame, { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 });
    const [left, right] = [Math.min(...border.map((p) => p.x)), Math.max(...border.map((p) => p.x))];
    const [top, bottom] = [Math.min(...border.map((p) => p.y)), Math.max(...border.map((p) => p.y))];
    const shapes = [...svg.querySelectorAll("rect, circle")].filter((shape) => !shape.closest("defs, clipPath, pattern, mask"));
    for (const text of svg.querySelectorAll("text")) {
      if (!text.textContent.trim() || !isVisible(text) || text.closest("defs, clipPath, pattern, mask")) continue;
      const lines = [...text.querySelectorAll("tspan")].filter((line) => line.hasAttribute("y") || line.hasAttribute("dy"));
      for (const part of lines.length > 1 ? lines : [text]) {
        const box = part.getBBox();
        const matrix = text.getScreenCTM();
        if (!matrix || box.width === 0) continue;
        const quad = corners(box, matrix);
        const words = part.textContent;
        if (quad.some((p) => p.x < left - 1 || p.x > right + 1 || p.y < top - 2 || p.y > bottom + 2)) {
          fault("svg-overflow", `"${short(words)}" leaves its figure ${name(svg)}`);
        }
        const style = getComputedStyle(part);
        const size = parseFloat(style.fontSize) * Math.hypot(matrix.a, matrix.b);
        if (size < 10.4) fault("small-text", `"${short(words)}" is ${size.toFixed(1)} px in ${name(svg)}`);
        const inner = box.height * 0.22;
        labels.push([corners({ x: box.x, y: box.y + inner, width: box.width, height: box.height - 2 * inner }, matrix), words, svg]);
        let background = backgroundOf(svg.parentElement || svg);
        const own = getComputedStyle(svg).backgroundColor;
        if (background && rgba(own)[3] > 0) background = over(rgba(own), background);
        const [x, y] = [quad.reduce((sum, p) => sum + p.x, 0) / 4, quad.reduce((sum, p) => sum + p.y, 0) / 4];
        for (const shape of shapes) {
          if (!(shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING) || !background) continue;
          const area = shape.getBoundingClientRect();
          if (x < area.left || x > area.right || y < area.top || y > area.bottom) continue;
          const paint = getComputedStyle(shape);
          if (paint.fill.startsWith("url") || paint.fill === "none" || !isVisible(shape)) continue;
          const colour = rgba(paint.fill);
          colour[3] *= parseFloat(paint.fillOpacity) * opacityOf(shape);
          background = over(colour, background);
        }
        if (background && !style.fill.startsWith("url") && style.fill !== "none") {
          const colour = rgba(style.fill);
          colour[3] *= parseFloat(style.fillOpacity) * opacityOf(part);
          checkContrast(words, colour, background, size, parseInt(style.fontWeight, 10));
        }
      }
    }
  }

  // ---- text on text -------------------------------------------------------------------------------
  const top = (quad) => Math.min(...quad.map((p) => p.y));
  const bottom = (quad) => Math.max(...quad.map((p) => p.y));
  labels.sort((one, other) => top(one[0]) - top(other[0]));
  for (let i = 0; i < labels.length; i++) {
    const end = bottom(labels[i][0]);
    for (let j = i + 1; j < labels.length && top(labels[j][0]) < end; j++) {
      if (labels[i][1] === labels[j][1] && labels[i][2] === labels[j][2] && labels[i][2].localName !== "svg") continue;
      if (depth(labels[i][0], labels[j][0]) > 1) {
        fault("overlap", `"${short(labels[i][1])}" lies on "${short(labels[j][1])}"`);
      }
    }
  }
  return faults;
}
