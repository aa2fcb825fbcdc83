//! Walks a value as serde sees it and finds numbers that JSON cannot hold.
//!
//! `serde_json` writes NaN and infinities as `null`, which here means "absent": hence this walk.

use super::JsonError;
use serde::ser::{self, Serialize};
use std::fmt;

/// JSON Pointer of the first number that is not finite.
pub(super) fn first_not_finite(value: &impl Serialize) -> Result<Option<String>, JsonError> {
    match value.serialize(&mut Walk::default()) {
        Ok(()) => Ok(None),
        Err(Stop::At(path)) => Ok(Some(path)),
        Err(Stop::Other(message)) => Err(JsonError::Unwritable(message)),
    }
}

#[derive(Debug)]
enum Stop {
    At(String),
    Other(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::At(text) | Stop::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Stop::Other(message.to_string())
    }
}

/// Where the walk stands.
#[derive(Default)]
struct Walk {
    path: Vec<String>,
    key: String,
}

impl Walk {
    fn number(&self, x: f64) -> Result<(), Stop> {
        if x.is_finite() {
            return Ok(());
        }
        let escaped = self
            .path
            .iter()
            .map(|part| part.replace('~', "~0").replace('/', "~1"));
        Err(Stop::At(escaped.map(|part| format!("/{part}")).collect()))
    }

    fn inside<T: Serialize + ?Sized>(&mut self, part: &str, value: &T) -> Result<(), Stop> {
        self.path.push(part.to_owned());
        value.serialize(&mut *self)?;
        self.path.pop();
        Ok(())
    }
}

/// A list on the way: its walk and the next index.
struct Items<'a> {
    walk: &'a mut Walk,
    next: usize,
}

impl Items<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.walk.inside(&self.next.to_string(), value)?;
        self.next += 1;
        Ok(())
    }
}

macro_rules! nothing_to_check {
    ($($name:ident: $type:ty),*) => { $(fn $name(self, _: $type) -> Result<(), Stop> { Ok(()) })* };
}

impl<'a> ser::Serializer for &'a mut Walk {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = &'a mut Walk;
    type SerializeStruct = &'a mut Walk;
    type SerializeStructVariant = &'a mut Walk;

    nothing_to_check!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_char: char,
        serialize_bytes: &[u8], serialize_unit_struct: &'static str
    );

    fn serialize_str(self, text: &str) -> Result<(), Stop> {
        text.clone_into(&mut self.key);
        Ok(())
    }

    fn serialize_f32(self, x: f32) -> Result<(), Stop> {
        self.number(f64::from(x))
    }

    fn serialize_f64(self, x: f64) -> Result<(), Stop> {
        self.number(x)
    }

    fn serialize_none(self) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        self.inside(variant, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Stop> {
        Ok(Items { walk: self, next: 0 })
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, Stop> {
        Ok(Items { walk: self, next: 0 })
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Stop> {
        Ok(Items { walk: self, next: 0 })
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Stop> {
        Ok(Items { walk: self, next: 0 })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<&'a mut Walk, Stop> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<&'a mut Walk, Stop> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<&'a mut Walk, Stop> {
        Ok(self)
    }
}

macro_rules! list {
    ($($kind:ident . $method:ident),*) => { $(impl ser::$kind for Items<'_> {
        type Ok = ();
        type Error = Stop;

        fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
            self.item(value)
        }

        fn end(self) -> Result<(), Stop> {
            Ok(())
        }
    })* };
}

list!(
    SerializeSeq.serialize_element,
    SerializeTuple.serialize_element,
    SerializeTupleStruct.serialize_field,
    SerializeTupleVariant.serialize_field
);

impl ser::SerializeMap for &mut Walk {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Stop> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        let key = std::mem::take(&mut self.key);
        self.inside(&key, value)
    }

    fn end(self) -> Result<(), Stop> {
        Ok(())
    }
}

macro_rules! fields {
    ($($kind:ident),*) => { $(impl ser::$kind for &mut Walk {
        type Ok = ();
        type Error = Stop;

        fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Stop> {
            self.inside(name, value)
        }

        fn end(self) -> Result<(), Stop> {
            Ok(())
        }
    })* };
}

fields!(SerializeStruct, SerializeStructVariant);

#[cfg(test)]
mod tests {
    use super::first_not_finite;
    use serde::Serialize;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct Inner {
        name: String,
        value: Option<f64>,
    }

    #[derive(Serialize)]
    struct Outer {
        list: Vec<Inner>,
        map: BTreeMap<String, f64>,
    }

    fn outer(value: Option<f64>, mapped: f64) -> Outer {
        let inner = |value| Inner {
            name: "a".to_owned(),
            value,
        };
        Outer {
            list: vec![inner(Some(1.0)), inner(value)],
            map: [("a/b~c".to_owned(), mapped)].into(),
        }
    }

    #[test]
    fn finite_and_absent_numbers_pass() {
        assert_eq!(first_not_finite(&outer(None, 2.0)), Ok(None));
    }

    #[test]
    fn the_place_is_a_json_pointer() {
        let found = first_not_finite(&outer(Some(f64::NAN), 2.0));
        assert_eq!(found, Ok(Some("/list/1/value".to_owned())));
        let found = first_not_finite(&outer(None, f64::NEG_INFINITY));
        assert_eq!(found, Ok(Some("/map/a~1b~0c".to_owned())));
    }
}
