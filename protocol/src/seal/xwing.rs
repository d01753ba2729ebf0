//! X-Wing (draft-connolly-cfrg-xwing-kem-10) for HPKE, on AWS-LC's ML-KEM-768 and X25519.
//!
//! HPKE's own X-Wing takes five times as long, more than anything else in bringing a document over. It stays the
//! one that reads and makes keys, and the one that this is tested against.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    agreement::{self, UnparsedPublicKey, X25519},
    digest::{self, SHA3_256},
    kem::{DecapsulationKey, EncapsulationKey, ML_KEM_768},
};
use hpke::{
    Deserializable, HpkeError, Kem, Serializable,
    hybrid_array::{Array, sizes::U32},
    kem::{SharedSecret, XWing as Reference},
};
use ml_kem::{FromSeed, MlKem768};
use rand::CryptoRng;
use shake::{ExtendableOutput, Shake256, Update, XofReader};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of ML-KEM-768's public key; X25519's follows.
const PUBLIC_M: usize = 1184;
/// Bytes of ML-KEM-768's ciphertext; X25519's follows.
const ENC_M: usize = 1088;
/// Separates X-Wing's secrets from all others (section 5.3).
const LABEL: &[u8] = br"\.//^\";

/// The KEM.
pub(super) struct XWing;

/// A private key, made ready.
#[derive(Clone)]
pub(super) struct PrivateKey {
    bytes: <Reference as Kem>::PrivateKey,
    ready: Arc<ReadyPrivate>,
}

struct ReadyPrivate {
    m: DecapsulationKey,
    x: agreement::PrivateKey,
    public_x: Vec<u8>,
}

/// A public key, made ready.
#[derive(Clone)]
pub(super) struct PublicKey {
    bytes: <Reference as Kem>::PublicKey,
    ready: Arc<ReadyPublic>,
}

struct ReadyPublic {
    m: EncapsulationKey,
    x: UnparsedPublicKey<Vec<u8>>,
}

impl PrivateKey {
    /// Expands the 32 bytes (section 5.2).
    fn new(bytes: <Reference as Kem>::PrivateKey) -> Option<Self> {
        let mut expanded = Zeroizing::new([0; 96]);
        {
            let mut seed = bytes.to_bytes();
            let mut shake = Shake256::default();
            shake.update(&seed);
            shake.finalize_xof().read(&mut *expanded);
            seed.zeroize();
        }
        let (seed_m, private_x) = expanded.split_at(64);
        let mut seed_m = Array::try_from(seed_m).ok()?;
        let (private_m, _) = MlKem768::from_seed(&seed_m);
        seed_m.zeroize();
        #[expect(deprecated, reason = "AWS-LC takes the expanded form; it is nowhere stored")]
        let mut expanded_m = ml_kem::ExpandedKeyEncoding::to_expanded_bytes(&private_m);
        let m = DecapsulationKey::new(&ML_KEM_768, &expanded_m).ok();
        expanded_m.zeroize();
        let x = agreement::PrivateKey::from_private_key(&X25519, private_x).ok()?;
        let public_x = x.compute_public_key().ok()?.as_ref().to_vec();
        Some(Self { bytes, ready: Arc::new(ReadyPrivate { m: m?, x, public_x }) })
    }
}

impl Serializable for PrivateKey {
    type OutputSize = <<Reference as Kem>::PrivateKey as Serializable>::OutputSize;

    fn write_exact(&self, buf: &mut [u8]) {
        self.bytes.write_exact(buf);
    }
}

impl Deserializable for PrivateKey {
    fn from_bytes(encoded: &[u8]) -> Result<Self, HpkeError> {
        Self::new(Deserializable::from_bytes(encoded)?).ok_or(HpkeError::ValidationError)
    }
}

impl ConstantTimeEq for PrivateKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.bytes.ct_eq(&other.bytes)
    }
}

impl PublicKey {
    fn new(bytes: <Reference as Kem>::PublicKey) -> Option<Self> {
        let raw = bytes.to_bytes();
        let (m, x) = raw.split_at(PUBLIC_M);
        let ready = ReadyPublic {
            m: EncapsulationKey::new(&ML_KEM_768, m).ok()?,
            x: UnparsedPublicKey::new(&X25519, x.to_vec()),
        };
        Some(Self { bytes, ready: Arc::new(ready) })
    }
}

impl Serializable for PublicKey {
    type OutputSize = <<Reference as Kem>::PublicKey as Serializable>::OutputSize;

    fn write_exact(&self, buf: &mut [u8]) {
        self.bytes.write_exact(buf);
    }
}

impl Deserializable for PublicKey {
    fn from_bytes(encoded: &[u8]) -> Result<Self, HpkeError> {
        Self::new(Deserializable::from_bytes(encoded)?).ok_or(HpkeError::ValidationError)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.fmt(f)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for PublicKey {}

impl Kem for XWing {
    type PublicKey = PublicKey;
    type PrivateKey = PrivateKey;
    type EncappedKey = <Reference as Kem>::EncappedKey;
    type NSecret = U32;

    const KEM_ID: u16 = Reference::KEM_ID;

    fn sk_to_pk(sk: &PrivateKey) -> PublicKey {
        PublicKey::new(Reference::sk_to_pk(&sk.bytes)).expect("a key's public half is whole")
    }

    fn derive_keypair(ikm: &[u8]) -> (PrivateKey, PublicKey) {
        let (private, public) = Reference::derive_keypair(ikm);
        let whole = "a key that was just made is whole";
        (PrivateKey::new(private).expect(whole), PublicKey::new(public).expect(whole))
    }

    fn decap(
        sk_recip: &PrivateKey,
        pk_sender_id: Option<&PublicKey>,
        encapped_key: &Self::EncappedKey,
    ) -> Result<SharedSecret<Self>, HpkeError> {
        if pk_sender_id.is_some() {
            // X-Wing has no authenticated mode.
            return Err(HpkeError::DecapError);
        }
        let ReadyPrivate { m, x, public_x } = &*sk_recip.ready;
        let enc = encapped_key.to_bytes();
        let (enc_m, enc_x) = enc.split_at(ENC_M);
        let secret_m = m.decapsulate(enc_m.into()).map_err(|_| HpkeError::DecapError)?;
        let partner = UnparsedPublicKey::new(&X25519, enc_x);
        agreement::agree(x, partner, HpkeError::DecapError, |secret_x| {
            Ok(combined([secret_m.as_ref(), secret_x, enc_x, public_x]))
        })
    }

    /// One half's randomness is from `csprng`, that of ML-KEM from AWS-LC's own generator: whatever is wrong with one of
    /// them, the other half holds.
    fn encap_with_rng(
        pk_recip: &PublicKey,
        sender_id_keypair: Option<(&PrivateKey, &PublicKey)>,
        csprng: &mut impl CryptoRng,
    ) -> Result<(SharedSecret<Self>, Self::EncappedKey), HpkeError> {
        if sender_id_keypair.is_some() {
            return Err(HpkeError::EncapError);
        }
        let ReadyPublic { m, x } = &*pk_recip.ready;
        let refused = |_| HpkeError::EncapError;
        let (enc_m, secret_m) = m.encapsulate().map_err(refused)?;
        let mut ephemeral = Zeroizing::new([0; 32]);
        csprng.fill_bytes(&mut *ephemeral);
        let ephemeral =
            agreement::PrivateKey::from_private_key(&X25519, &*ephemeral).map_err(|_| HpkeError::EncapError)?;
        let enc_x = ephemeral.compute_public_key().map_err(refused)?;
        let secret = agreement::agree(&ephemeral, x, HpkeError::EncapError, |secret_x| {
            Ok(combined([secret_m.as_ref(), secret_x, enc_x.as_ref(), x.bytes()]))
        })?;
        let enc = Deserializable::from_bytes(&[enc_m.as_ref(), enc_x.as_ref()].concat())?;
        Ok((secret, enc))
    }
}

/// The shared secret of both halves: theirs, X25519's ciphertext and X25519's public key (section 5.3).
fn combined(parts: [&[u8]; 4]) -> SharedSecret<XWing> {
    let mut hash = digest::Context::new(&SHA3_256);
    for part in parts {
        hash.update(part);
    }
    hash.update(LABEL);
    let mut secret = SharedSecret::default();
    secret.0.copy_from_slice(hash.finish().as_ref());
    secret
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use hpke::{OpModeR, aead::ChaCha20Poly1305, kdf::HkdfSha256, single_shot_open};
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};
    use serde_json::Value;

    use super::*;

    fn field(vector: &Value, name: &str) -> Vec<u8> {
        HEXLOWER.decode(vector[name].as_str().unwrap().as_bytes()).unwrap()
    }

    fn opened(private: &[u8], enc: &[u8]) -> Result<Vec<u8>, HpkeError> {
        let private = PrivateKey::from_bytes(private).unwrap();
        let enc = Deserializable::from_bytes(enc).unwrap();
        XWing::decap(&private, None, &enc).map(|secret| secret.0.to_vec())
    }

    #[test]
    fn the_drafts_vectors_pass() {
        let vectors: Vec<Value> = serde_json::from_str(include_str!("../../tests/vectors/xwing.json")).unwrap();
        assert_eq!(vectors.len(), 3);
        for vector in vectors {
            let private = PrivateKey::from_bytes(&field(&vector, "sk")).unwrap();
            assert_eq!(XWing::sk_to_pk(&private).to_bytes().as_slice(), field(&vector, "pk"));
            assert_eq!(opened(&field(&vector, "sk"), &field(&vector, "ct")).unwrap(), field(&vector, "ss"));
        }
    }

    #[test]
    fn the_vector_of_hpke_pq_opens() {
        let vector: Value = serde_json::from_str(include_str!("../../tests/vectors/hpke-xwing.json")).unwrap();
        assert_eq!(vector["kem_id"], XWing::KEM_ID);
        let message = &vector["encryptions"][0];
        let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &PrivateKey::from_bytes(&field(&vector, "skRm")).unwrap(),
            &Deserializable::from_bytes(&field(&vector, "enc")).unwrap(),
            &field(&vector, "info"),
            &field(message, "ct"),
            &field(message, "aad"),
        );
        assert_eq!(opened.unwrap(), field(message, "pt"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn each_implementation_opens_what_the_other_makes(ikm: [u8; 32], seed: u64, at in 0_usize..1120) {
            let mut rng = StdRng::seed_from_u64(seed);
            let (ours, theirs) = (XWing::derive_keypair(&ikm), Reference::derive_keypair(&ikm));
            prop_assert_eq!(ours.1.to_bytes(), theirs.1.to_bytes());
            prop_assert_eq!(ours.0.to_bytes(), theirs.0.to_bytes());
            let (secret, enc) = XWing::encap_with_rng(&ours.1, None, &mut rng).unwrap();
            prop_assert_eq!(secret.0, Reference::decap(&theirs.0, None, &enc).unwrap().0);
            let (secret, enc) = Reference::encap_with_rng(&theirs.1, None, &mut rng).unwrap();
            prop_assert_eq!(&opened(&ours.0.to_bytes(), &enc.to_bytes()).unwrap(), &secret.0.to_vec());
            // Altered anywhere, both find the same other secret: ML-KEM's implicit rejection, or another X25519 secret.
            let mut altered = enc.to_bytes();
            altered[at] ^= 1;
            let enc = Deserializable::from_bytes(&altered).unwrap();
            let found = Reference::decap(&theirs.0, None, &enc).unwrap();
            prop_assert_eq!(&opened(&ours.0.to_bytes(), &altered).unwrap(), &found.0.to_vec());
            prop_assert_ne!(found.0, secret.0);
        }
    }

    #[test]
    fn an_all_zero_secret_of_x25519_is_refused() {
        let (private, public) = XWing::derive_keypair(&[1; 32]);
        let (_, enc) = XWing::encap_with_rng(&public, None, &mut rand::rng()).unwrap();
        let mut enc = enc.to_bytes();
        enc[ENC_M..].fill(0);
        assert_eq!(opened(&private.to_bytes(), &enc), Err(HpkeError::DecapError));
        let mut bytes = public.to_bytes();
        bytes[PUBLIC_M..].fill(0);
        let public = PublicKey::from_bytes(&bytes).unwrap();
        assert!(XWing::encap_with_rng(&public, None, &mut rand::rng()).is_err());
    }

    #[test]
    fn no_two_encapsulations_are_the_same_even_if_a_generator_is() {
        let (_, public) = XWing::derive_keypair(&[1; 32]);
        let made = [(); 2].map(|()| XWing::encap_with_rng(&public, None, &mut StdRng::seed_from_u64(1)).unwrap());
        assert_ne!(made[0].0.0, made[1].0.0);
    }
}
