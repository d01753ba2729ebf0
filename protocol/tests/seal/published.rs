//! The suites against the vectors of those who specified them; sources in `vectors/README.md`.

use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable,
    aead::ChaCha20Poly1305,
    kdf::HkdfSha256,
    kem::{X25519HkdfSha256, XWing},
    single_shot_open, single_shot_seal_with_rng,
};
use musubi_protocol::seal::{SealingKeyPair, Suite};
use serde_json::Value;

use crate::support::{Replay, unhex};

fn field(vector: &Value, name: &str) -> Vec<u8> {
    unhex(vector[name].as_str().unwrap())
}

/// Both directions of a base-mode vector.
fn check<K: Kem>(vector: &Value, suite: Suite) {
    assert_eq!(vector["kem_id"], K::KEM_ID);
    let (mode, info, message) = (&vector["mode"], field(vector, "info"), &vector["encryptions"][0]);
    assert_eq!((mode, &vector["kdf_id"], &vector["aead_id"]), (&0.into(), &1.into(), &3.into()));
    let (pt, ct, aad) = (field(message, "pt"), field(message, "ct"), field(message, "aad"));

    let private: [u8; 32] = field(vector, "skRm").try_into().unwrap();
    let pair = SealingKeyPair::from_private(suite, &private);
    assert_eq!(pair.public().as_bytes(), field(vector, "pkRm"));

    let public = K::PublicKey::from_bytes(pair.public().as_bytes()).unwrap();
    let mut rng = Replay::new(field(vector, "ikmE"));
    let (enc, sealed) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, K>(
        &OpModeS::Base,
        &public,
        &info,
        &pt,
        &aad,
        &mut rng,
    )
    .unwrap();
    assert!(rng.is_used_up());
    assert_eq!(enc.to_bytes().as_slice(), field(vector, "enc"));
    assert_eq!(sealed, ct);

    let private = K::PrivateKey::from_bytes(&private).unwrap();
    let opened = single_shot_open::<ChaCha20Poly1305, HkdfSha256, K>(&OpModeR::Base, &private, &enc, &info, &ct, &aad);
    assert_eq!(opened.unwrap(), pt);
}

#[test]
fn suite_2_passes_rfc_9180() {
    let vector = serde_json::from_str(include_str!("../vectors/rfc9180-x25519.json")).unwrap();
    check::<X25519HkdfSha256>(&vector, Suite::X25519);
}

/// HPKE's own X-Wing, which ours is tested against.
#[test]
fn suite_1_passes_the_vector_of_hpke_pq() {
    let vector = serde_json::from_str(include_str!("../vectors/hpke-xwing.json")).unwrap();
    check::<XWing>(&vector, Suite::XWing);
}
