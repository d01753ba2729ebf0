//! The transparency log: every act of the authority is a 64-byte leaf of a Merkle tree.
//!
//! Hashing is that of RFC 6962, section 2.1 (and RFC 9162): a leaf is SHA-256(0x00 | leaf), a node
//! SHA-256(0x01 | left | right), the empty tree SHA-256 of nothing. Nodes hold all leaves: a node computes the root of
//! every size itself. What it shows to others is that its certificates stand in the log ([`Inclusion`]), and, should it
//! come to that, that the authority has signed two logs ([`Fork`]).

mod fork;
mod inclusion;
mod tree;

use serde_tuple::{Deserialize_tuple, Serialize_tuple};

pub use fork::{FORK_LABEL, Fork, Side};
pub use inclusion::{Inclusion, NotIncluded, Shown};
pub use tree::{GROUP, Tree, verify_lead_on};
use tree::{MAX_PATH, root_of};

use crate::{
    cbor::Ext,
    certificate::LeafIn,
    ids::{Hash, OfficeNumber},
    signed::Payload,
    time::Timestamp,
};

/// The length of a leaf in bytes.
pub const LEAF: usize = 64;
/// The first byte of every leaf.
const VERSION: u8 = 1;

/// What the authority did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Issued the certificate.
    Issue,
    /// Revoked the certificate.
    Revoke,
}

impl Operation {
    const fn code(self) -> u8 {
        match self {
            Self::Issue => 1,
            Self::Revoke => 2,
        }
    }
}

/// A leaf that is no leaf of version 1.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a log leaf of version 1")]
pub struct LeafError;

/// One act of the authority, as the log holds it.
///
/// | bytes | content |
/// |---|---|
/// | 0 | version, 1 |
/// | 1 | operation: 1 issue, 2 revoke |
/// | 2..12 | office number, ASCII |
/// | 12..14 | desk, big-endian |
/// | 14..16 | zero |
/// | 16..24 | issue number, big-endian |
/// | 24..56 | SHA-256 of the certificate's DER |
/// | 56..64 | time, seconds since 1970, big-endian |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// What was done.
    pub operation: Operation,
    /// To which office number.
    pub office: OfficeNumber,
    /// To which desk.
    pub desk: u16,
    /// The issue number of the certificate.
    pub issue_number: u64,
    /// SHA-256 of the certificate's DER.
    pub certificate: Hash,
    /// When.
    pub time: Timestamp,
}

impl Act {
    /// Describes an act about a certificate.
    #[must_use]
    pub fn about(leaf: &LeafIn, operation: Operation, time: Timestamp) -> Self {
        Self {
            operation,
            office: leaf.office(),
            desk: leaf.desk(),
            issue_number: leaf.issue_number(),
            certificate: leaf.hash(),
            time,
        }
    }

    /// The 64 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; LEAF] {
        let mut bytes = [0; LEAF];
        bytes[0] = VERSION;
        bytes[1] = self.operation.code();
        bytes[2..12].copy_from_slice(self.office.as_str().as_bytes());
        bytes[12..14].copy_from_slice(&self.desk.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.issue_number.to_be_bytes());
        bytes[24..56].copy_from_slice(&self.certificate.0);
        bytes[56..].copy_from_slice(&self.time.0.to_be_bytes());
        bytes
    }

    /// Reads the 64 bytes strictly.
    ///
    /// # Errors
    /// [`LeafError`] for anything that [`Act::to_bytes`] does not write.
    pub fn from_bytes(bytes: &[u8; LEAF]) -> Result<Self, LeafError> {
        let operation = match bytes[1] {
            1 => Operation::Issue,
            2 => Operation::Revoke,
            _ => return Err(LeafError),
        };
        let office = std::str::from_utf8(&bytes[2..12]).map_err(|_| LeafError)?;
        let act = Self {
            operation,
            office: office.parse().map_err(|_| LeafError)?,
            desk: u16::from_be_bytes([bytes[12], bytes[13]]),
            issue_number: number(&bytes[16..24]),
            certificate: Hash(bytes[24..56].try_into().map_err(|_| LeafError)?),
            time: Timestamp(number(&bytes[56..])),
        };
        if act.to_bytes() == *bytes { Ok(act) } else { Err(LeafError) }
    }

    /// The hash under which the act stands in the tree.
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.to_bytes())
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// SHA-256(0x00 | leaf).
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash::of(&[&[0], leaf])
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[&[1], &left.0, &right.0])
}

/// Proves that a leaf stands at `index` of the tree over these leaf hashes (RFC 6962, section
/// 2.1.1). `None` if there is no such leaf.
#[must_use]
pub fn prove(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut leaves, mut index, mut path) = (leaves, index, Vec::new());
    while leaves.len() > 1 {
        // The left half is the largest power of two below the size.
        let (left, right) = leaves.split_at(leaves.len().div_ceil(2).next_power_of_two());
        if index < left.len() {
            path.push(root_of(right));
            leaves = left;
        } else {
            path.push(root_of(left));
            index -= left.len();
            leaves = right;
        }
    }
    path.reverse();
    Some(path)
}

/// Checks such a proof against a root (RFC 9162, section 2.1.3.2).
#[must_use]
pub fn verify(leaf: Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size || path.len() > MAX_PATH {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// How far the log reaches; signed by the issuing CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// When it was signed.
    pub time: Timestamp,
    /// Extensions.
    pub ext: Ext,
}

impl Head {
    /// Describes a tree at a moment.
    #[must_use]
    pub fn of(tree: &Tree, time: Timestamp) -> Self {
        Self { size: tree.size(), root: tree.root(), time, ext: Ext::none() }
    }
}

impl Payload for Head {
    const NAME: &'static str = "head";
    const MAX: usize = 1024;

    fn ext(&self) -> &Ext {
        &self.ext
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The leaves and roots of the reference implementation of RFC 6962.
    const LEAVES: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn act() -> Act {
        Act {
            operation: Operation::Issue,
            office: "1379900010".parse().unwrap(),
            desk: 0x0102,
            issue_number: 0x0304,
            certificate: Hash([0xcc; 32]),
            time: Timestamp(0x0506_0708),
        }
    }

    #[test]
    fn roots_are_those_of_rfc_6962() {
        let mut tree = Tree::new();
        for (size, root) in ROOTS.iter().enumerate() {
            assert_eq!(tree.root().to_string(), *root, "size {size}");
            assert_eq!(tree.size(), size as u64);
            if let Some(leaf) = LEAVES.get(size) {
                tree.push(leaf_hash(leaf));
            }
        }
    }

    #[test]
    fn every_leaf_of_every_size_is_proven() {
        let leaves: Vec<Hash> = (0_u8..67).map(|n| leaf_hash(&[n])).collect();
        for size in 1..=leaves.len() {
            let root = root_of(&leaves[..size]);
            for index in 0..size {
                let path = prove(&leaves[..size], index).unwrap();
                let (at, of) = (index as u64, size as u64);
                assert!(verify(leaves[index], at, of, &path, &root), "{index} of {size}");
                assert!(!verify(leaves[index], at, of, &path, &Hash::ZERO));
                assert!(!verify(leaf_hash(b"other"), at, of, &path, &root));
                assert!(!verify(leaves[index], of, of, &path, &root));
                if size > 1 {
                    assert!(!verify(leaves[index], (at + 1) % of, of, &path, &root));
                    assert!(!verify(leaves[index], at, of, &path[1..], &root));
                }
                let longer: Vec<Hash> = path.iter().copied().chain([Hash::ZERO]).collect();
                assert!(!verify(leaves[index], at, of, &longer, &root));
            }
            assert_eq!(prove(&leaves[..size], size), None);
        }
    }

    #[test]
    fn bytes_of_version_1_stay_the_same() {
        let mut expected = vec![1, 1];
        expected.extend(b"1379900010");
        expected.extend([1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4]);
        expected.extend([0xcc; 32]);
        expected.extend([0, 0, 0, 0, 5, 6, 7, 8]);
        assert_eq!(act().to_bytes().as_slice(), expected);
        assert_eq!(Act::from_bytes(&act().to_bytes()), Ok(act()));
    }

    #[test]
    fn leaves_of_another_form_are_refused() {
        for (at, byte) in [(0, 2), (1, 0), (1, 3), (2, b'A'), (5, 0xff), (14, 1), (15, 1)] {
            let mut bytes = act().to_bytes();
            bytes[at] = byte;
            assert_eq!(Act::from_bytes(&bytes), Err(LeafError), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn hostile_proofs_never_panic(
            index: u64, size: u64, path in proptest::collection::vec(any::<[u8; 32]>(), 0..80),
        ) {
            let path: Vec<Hash> = path.into_iter().map(Hash).collect();
            prop_assert!(!verify(Hash::ZERO, index, size, &path, &Hash::ZERO));
        }

        #[test]
        fn any_64_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), LEAF)) {
            let bytes: [u8; LEAF] = bytes.try_into().unwrap();
            if let Ok(act) = Act::from_bytes(&bytes) {
                prop_assert_eq!(act.to_bytes(), bytes);
            }
        }
    }
}
