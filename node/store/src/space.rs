//! Spaces, in which keys are unique, and the values found there.

use std::fmt;

/// One kind of record: a prefix byte before every key, with a name for messages.
///
/// Declared as constants by whoever owns the records; a number, once released, never changes its meaning.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Space {
    id: u8,
    name: &'static str,
}

impl Space {
    /// Where the store keeps its own format number.
    pub(crate) const STORE: Self = Self { id: 0, name: "store" };
    /// Where small bodies lie in the journal.
    pub(crate) const BODIES: Self = Self { id: 1, name: "bodies" };

    /// Names a space; numbers below 16 belong to the store itself, 255 stays free so that a space has an end.
    ///
    /// # Panics
    /// If `id` is outside 16..=254. In a `const` this is a compile error, which is how spaces are meant to be declared.
    pub const fn new(id: u8, name: &'static str) -> Self {
        assert!(16 <= id && id <= 254, "spaces are numbered 16 to 254");
        Self { id, name }
    }

    /// Returns the name given at declaration.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Builds the engine's key: prefix byte, then the caller's key.
    pub(crate) fn key(self, key: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + key.len());
        out.push(self.id);
        out.extend_from_slice(key);
        out
    }

    /// Returns the first engine key behind this space.
    pub(crate) fn end(self) -> Vec<u8> {
        vec![self.id + 1] // cannot overflow: ids end at 254
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Space({} {})", self.id, self.name)
    }
}

/// A stored value: a format number and the bytes behind it.
///
/// The bytes stay in the engine's shared buffer; `Debug` shows only their number.
#[derive(Clone, PartialEq, Eq)]
pub struct Value(sled::IVec);

impl Value {
    /// Takes a raw value; none if even the format number is missing.
    pub(crate) fn from_raw(raw: sled::IVec) -> Option<Self> {
        (!raw.is_empty()).then_some(Self(raw))
    }

    /// Returns the format number written with the value.
    pub fn format(&self) -> u8 {
        self.0[0] // from_raw refuses empty values
    }

    /// Returns the value without its format number.
    pub fn bytes(&self) -> &[u8] {
        &self.0[1..]
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value(format {}, {} bytes)", self.format(), self.bytes().len())
    }
}
