//! What one side knows of CRLs, trust bundle and log, told to the other in one frame.
//!
//! News is a claim and proves nothing: whoever hears that somebody knows more asks for it
//! ([`Question`](crate::enrol::Question)), and judges the answer by its signatures.

use serde::{Deserialize, Deserializer};
use serde_tuple::Serialize_tuple;

use crate::{gate::CRLS_COUNT, ids::Hash, trust::Trust};

/// What one side knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize_tuple)]
pub struct Known {
    /// Issuer ids and CRL numbers, at most [`CRLS_COUNT`].
    pub crls: Vec<(Hash, u64)>,
    /// The number of the trust bundle, 0 for none.
    pub bundle: u64,
    /// The size of the newest log head, 0 for none.
    pub log: u64,
}

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (crls, bundle, log) = <(Vec<(Hash, u64)>, u64, u64)>::deserialize(deserializer)?;
        if CRLS_COUNT < crls.len() {
            return Err(serde::de::Error::invalid_length(crls.len(), &"at most one CRL for each CA"));
        }
        Ok(Self { crls, bundle, log })
    }
}

impl Known {
    /// What is known with this trust and a log of this size.
    #[must_use]
    pub fn of(trust: &Trust, log: u64) -> Self {
        let mut crls = trust.crl_numbers();
        crls.truncate(CRLS_COUNT);
        Self { crls, bundle: trust.bundle().number, log }
    }

    /// Whether somebody with that knowledge is to be told: of a newer trust bundle or a newer CRL. A log that has grown
    /// alone is no reason, for it grows all day.
    #[must_use]
    pub fn is_news_to(&self, other: &Self) -> bool {
        let has = |issuer: &Hash| other.crls.iter().find(|(of, _)| of == issuer).map_or(0, |(_, number)| *number);
        other.bundle < self.bundle || self.crls.iter().any(|(issuer, number)| has(issuer) < *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    fn known(first: u64, second: u64, bundle: u64, log: u64) -> Known {
        Known { crls: vec![(Hash([1; 32]), first), (Hash([2; 32]), second)], bundle, log }
    }

    #[test]
    fn newer_lists_and_bundles_are_news_and_a_longer_log_is_not() {
        let held = known(5, 7, 3, 100);
        assert!(!held.is_news_to(&held) && !known(5, 7, 3, 200).is_news_to(&held));
        assert!(known(6, 7, 3, 100).is_news_to(&held) && known(5, 8, 3, 100).is_news_to(&held));
        assert!(known(5, 7, 4, 100).is_news_to(&held));
        // Each may know something that the other does not.
        assert!(known(6, 6, 3, 100).is_news_to(&held) && held.is_news_to(&known(6, 6, 3, 100)));
        assert!(!known(4, 7, 2, 0).is_news_to(&held));
        // Of a CA that the other does not know yet.
        assert!(held.is_news_to(&Known { crls: vec![(Hash([1; 32]), 5)], ..held.clone() }));
    }

    #[test]
    fn it_comes_back_and_is_bounded() {
        let bytes = cbor::to_vec(&known(5, 7, 3, 100)).unwrap();
        assert_eq!(cbor::from_slice::<Known>(&bytes, 4096), Ok(known(5, 7, 3, 100)));
        let many = Known { crls: vec![(Hash([1; 32]), 1); CRLS_COUNT + 1], bundle: 1, log: 0 };
        assert!(cbor::from_slice::<Known>(&cbor::to_vec(&many).unwrap(), 1 << 20).is_err());
    }
}
