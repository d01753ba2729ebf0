//! Deterministic CBOR: definite-length arrays in fixed order, nothing else.
//!
//! Every object is a [`serde_tuple`] struct or a newtype of one, so it becomes an array.
//! Decoding encodes again and compares: bytes that are not the one encoding of their value
//! are refused, which rules out indefinite lengths, long integers, tags, maps in disguise and
//! trailing bytes (RFC 8949, section 4.2.1).

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;

/// Nested arrays deeper than this are refused before they are followed.
const DEPTH: usize = 16;

/// Why bytes were not taken as an object.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// More bytes than this kind of object may have.
    #[error("{found} bytes, where at most {limit} are allowed")]
    TooLarge {
        /// What was found.
        found: usize,
        /// What is allowed.
        limit: usize,
    },
    /// Not CBOR, or not of the expected shape.
    #[error("malformed: {0}")]
    Malformed(String),
    /// Well-formed, but not the one encoding of its value.
    #[error("not in the deterministic encoding")]
    NotDeterministic,
    /// An extension that must be understood and is not.
    #[error("unknown extension {0} that must be understood")]
    UnknownExtension(u64),
}

/// Encodes a value. Sequences must know their length, which all our types do.
///
/// # Errors
/// [`Error::Malformed`] if the value cannot be expressed in CBOR.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).map_err(|error| Error::Malformed(error.to_string()))?;
    Ok(bytes)
}

/// Decodes exactly one value from all of `bytes`, at most `limit` long.
///
/// # Errors
/// See [`Error`]; never panics, whatever the bytes.
pub fn from_slice<T: Serialize + DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, Error> {
    if bytes.len() > limit {
        return Err(Error::TooLarge { found: bytes.len(), limit });
    }
    let value: T = ciborium::de::from_reader_with_recursion_limit(bytes, DEPTH)
        .map_err(|error| Error::Malformed(error.to_string()))?;
    if to_vec(&value)? != bytes {
        return Err(Error::NotDeterministic);
    }
    Ok(value)
}

/// The last element of every signed array: numbered extensions.
///
/// An even number that is not known is kept and ignored, an odd one refuses the object.
/// Numbers rise strictly. Version 1 knows none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ext(Vec<(u64, ByteBuf)>);

impl Ext {
    /// No extension.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Extensions as given; for tests and later versions.
    #[must_use]
    pub fn of(items: Vec<(u64, Vec<u8>)>) -> Self {
        Self(items.into_iter().map(|(id, bytes)| (id, ByteBuf::from(bytes))).collect())
    }

    /// The bytes of one extension, if it is there.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&[u8]> {
        self.0.iter().find(|(found, _)| *found == id).map(|(_, bytes)| bytes.as_slice())
    }

    /// Accepts extensions that may be ignored.
    ///
    /// # Errors
    /// [`Error::UnknownExtension`] for an odd number, [`Error::NotDeterministic`] for numbers
    /// that do not rise.
    pub fn check(&self) -> Result<(), Error> {
        if self.0.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(Error::NotDeterministic);
        }
        match self.0.iter().find(|(id, _)| id % 2 == 1) {
            Some((id, _)) => Err(Error::UnknownExtension(*id)),
            None => Ok(()),
        }
    }
}

/// Serde for "absent = empty array": an `Option` as an array of no or one element.
pub mod optional {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    /// Writes `[]` or `[value]`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Serialize, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_slice().serialize(serializer)
    }

    /// Reads `[]` or `[value]`.
    ///
    /// # Errors
    /// Those of the deserializer, and more than one element.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let mut values = Vec::<T>::deserialize(deserializer)?;
        let value = values.pop();
        if values.is_empty() { Ok(value) } else { Err(D::Error::custom("more than one value where one is optional")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_tuple::{Deserialize_tuple, Serialize_tuple};

    use super::*;

    #[derive(Debug, PartialEq, Serialize_tuple, Deserialize_tuple)]
    struct Sample {
        number: u64,
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
        text: String,
        #[serde(with = "optional")]
        maybe: Option<u64>,
        ext: Ext,
    }

    fn sample() -> Sample {
        Sample { number: 7, bytes: vec![1, 2], text: "a".into(), maybe: Some(3), ext: Ext::none() }
    }

    #[test]
    fn a_struct_is_an_array_in_field_order() {
        assert_eq!(to_vec(&sample()).unwrap(), [0x85, 7, 0x42, 1, 2, 0x61, b'a', 0x81, 3, 0x80]);
    }

    #[test]
    fn other_encodings_of_the_same_value_are_refused() {
        let good = to_vec(&sample()).unwrap();
        assert_eq!(from_slice::<Sample>(&good, 64).unwrap(), sample());
        let mut trailing = good.clone();
        trailing.push(0);
        let mut indefinite = good.clone();
        indefinite[0] = 0x9f;
        indefinite.push(0xff);
        let mut long_integer = vec![0x85, 0x18, 7];
        long_integer.extend(&good[2..]);
        for bad in [trailing, indefinite, long_integer] {
            assert!(from_slice::<Sample>(&bad, 64).is_err(), "{bad:02x?}");
        }
        assert_eq!(from_slice::<Sample>(&good, 3), Err(Error::TooLarge { found: 10, limit: 3 }));
    }

    #[test]
    fn odd_extensions_are_refused_and_even_ones_kept() {
        assert_eq!(Ext::of(vec![(2, vec![9])]).check(), Ok(()));
        assert_eq!(Ext::of(vec![(3, vec![])]).check(), Err(Error::UnknownExtension(3)));
        assert_eq!(Ext::of(vec![(4, vec![]), (2, vec![])]).check(), Err(Error::NotDeterministic));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_slice::<Sample>(&bytes, 4096);
        }

        #[test]
        fn what_decodes_encodes_the_same(number: u64, bytes: Vec<u8>, text: String) {
            let value = Sample { number, bytes, text, maybe: None, ext: Ext::none() };
            let encoded = to_vec(&value).unwrap();
            prop_assert_eq!(from_slice::<Sample>(&encoded, usize::MAX).unwrap(), value);
        }
    }
}
