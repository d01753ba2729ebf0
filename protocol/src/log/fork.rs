//! Evidence that the authority has signed two logs.

use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{
    Head,
    tree::{MAX_PATH, verify_lead_on},
};
use crate::{cbor, certificate::material, ids::Hash, signed::Signed, trust::Trust};

/// PEM label of evidence that the authority has signed two logs; ours.
pub const FORK_LABEL: &str = "MUSUBI LOG FORK";
/// The longest evidence in bytes.
const MAX: usize = 8 * 1024;

/// One of two logs: a signed head, and what its tree was when it had as many leaves as the other is compared at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Side {
    /// The head, as it was signed.
    pub head: ByteBuf,
    /// The root that its tree had at the size of the comparison.
    pub root: Hash,
    /// The proof that the head's tree leads on from that root (RFC 6962, section 2.1.2); empty where the head is of that
    /// size itself.
    pub path: Vec<Hash>,
}

impl Side {
    /// A head that is compared at its own size.
    #[must_use]
    pub fn of(head: &Signed<Head>) -> Self {
        Self { head: ByteBuf::from(head.bytes()), root: head.value().root, path: Vec::new() }
    }

    /// Checks that an issuing CA of the bundle has signed the head, and that its tree had this root at that size; gives
    /// the head.
    #[must_use]
    pub fn verify(&self, size: u64, trust: &Trust) -> Option<Signed<Head>> {
        let head = trust.head(&self.head).filter(|_| self.path.len() <= MAX_PATH)?;
        let Head { size: to, root, .. } = head.value();
        verify_lead_on((size, &self.root), (*to, root), &self.path).then_some(head)
    }
}

/// Two heads of which neither log is the beginning of the other: at one size they have different roots. Whoever holds the
/// trust bundle can verify it, without either log.
///
/// Encoded as CBOR `[size, [head, root, [hash, ..]], [head, root, [hash, ..]]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Fork {
    /// The size at which they are compared.
    pub size: u64,
    /// The log that is held by whoever has found it.
    pub ours: Side,
    /// The other.
    pub theirs: Side,
}

impl Fork {
    /// Checks all of it; gives both heads, `ours` first.
    #[must_use]
    pub fn verify(&self, trust: &Trust) -> Option<[Signed<Head>; 2]> {
        let heads = [self.ours.verify(self.size, trust)?, self.theirs.verify(self.size, trust)?];
        (self.ours.root != self.theirs.root).then_some(heads)
    }

    /// Its bytes.
    ///
    /// # Errors
    /// None that can occur for evidence built here.
    pub fn to_bytes(&self) -> Result<Vec<u8>, cbor::Error> {
        cbor::to_vec(self)
    }

    /// Its bytes as a file: PEM.
    ///
    /// # Errors
    /// None that can occur for evidence built here.
    pub fn to_pem(&self) -> Result<String, cbor::Error> {
        Ok(material::to_pem([(FORK_LABEL, self.to_bytes()?.as_slice())]))
    }

    /// Reads a file that [`Fork::to_pem`] has written; `None` for anything else. Nothing is proven by that.
    #[must_use]
    pub fn from_pem(file: &str) -> Option<Self> {
        let block = pem::parse(file).ok().filter(|block| block.tag() == FORK_LABEL)?;
        Self::from_bytes(block.contents()).ok()
    }

    /// Reads its bytes. Nothing is proven by that.
    ///
    /// # Errors
    /// [`cbor::Error`]; never panics.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, cbor::Error> {
        cbor::from_slice(bytes, MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::{
        ids::Hash,
        log::{Tree, leaf_hash},
        time::Timestamp,
        trust::testing::TestAuthority,
    };

    const NOW: Timestamp = Timestamp(1_790_000_000);

    fn tree(count: u8, last: u8) -> Tree {
        let mut tree = Tree::new();
        tree.extend((1..count).map(|n| leaf_hash(&[n])));
        tree.push(leaf_hash(&[last]));
        tree
    }

    fn side(authority: &TestAuthority, tree: &Tree, size: u64) -> Side {
        let none = |_| Ok::<_, Infallible>(Vec::new());
        let head = Signed::sign(Head::of(tree, NOW), authority.issuing.key()).unwrap();
        let (Ok(Some(root)), Ok(Some(path))) = (tree.root_at(size, none), tree.lead_on(size, tree.size(), none)) else {
            panic!("a root and a path")
        };
        Side { head: ByteBuf::from(head.bytes()), root, path }
    }

    #[test]
    fn two_logs_of_different_sizes_are_shown() {
        let mut authority = TestAuthority::new(1, NOW);
        let trust = authority.trust();
        let (short, mut long) = (tree(5, 99), tree(5, 5));
        long.extend((6..40).map(|n| leaf_hash(&[n])));
        let fork = Fork { size: 5, ours: side(&authority, &long, 5), theirs: side(&authority, &short, 5) };
        let [ours, theirs] = fork.verify(&trust).unwrap();
        assert_eq!((ours.value().size, theirs.value().size), (39, 5));
        assert_eq!(Fork::from_bytes(&fork.to_bytes().unwrap()), Ok(fork.clone()));
        assert_eq!(Fork::from_pem(&fork.to_pem().unwrap()), Some(fork.clone()));
        assert_eq!(Fork::from_pem(&fork.to_pem().unwrap().replace("FORK", "HEAD")), None);
        // Compared where both logs are longer.
        let mut other = short.clone();
        other.extend((6..20).map(|n| leaf_hash(&[n])));
        let both = Fork { size: 7, ours: side(&authority, &long, 7), theirs: side(&authority, &other, 7) };
        assert!(both.verify(&trust).is_some());
        // One log that has grown is none.
        let grown = Fork { size: 4, ours: side(&authority, &long, 4), theirs: side(&authority, &short, 4) };
        assert!(grown.verify(&trust).is_none());
        // By somebody else's hand, of another size, with another root, by another way.
        let elsewhere = TestAuthority::new(2, NOW);
        for bad in [
            Fork { theirs: side(&elsewhere, &short, 5), ..fork.clone() },
            Fork { size: 6, ..fork.clone() },
            Fork { ours: Side { root: Hash::ZERO, ..fork.ours.clone() }, ..fork.clone() },
            Fork { ours: Side { path: Vec::new(), ..fork.ours.clone() }, ..fork.clone() },
            Fork { theirs: Side { path: vec![Hash::ZERO], ..fork.theirs.clone() }, ..fork.clone() },
            Fork { theirs: fork.ours.clone(), ..fork.clone() },
        ] {
            assert!(bad.verify(&trust).is_none(), "{bad:?}");
        }
    }
}
