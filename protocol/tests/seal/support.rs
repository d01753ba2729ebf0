//! Recorded randomness, and a second, plain implementation of content to compare with.

use std::convert::Infallible;

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead};
use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use hpke::{
    Deserializable, Kem, OpModeS, Serializable,
    kdf::HkdfSha256,
    kem::{X25519HkdfSha256, XWing},
    single_shot_seal_with_rng,
};
use musubi_protocol::{
    cbor,
    ids::{Hash, MessageId},
    seal::{ContentKey, Draft, Envelope, Header, SealingKeyPair, Suite},
};
use rand::{TryCryptoRng, TryRng};
use serde_bytes::ByteBuf;
use sha2::Sha256;

pub const CHUNK: usize = 65_536;
pub const SEALED: usize = CHUNK + 16;

/// Gives out the bytes it was given, exactly once.
pub struct Replay(Vec<u8>);

impl Replay {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub fn is_used_up(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryRng for Replay {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        to.copy_from_slice(&self.0[..to.len()]);
        self.0.drain(..to.len());
        Ok(())
    }
}

impl TryCryptoRng for Replay {}

pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

pub fn unhex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

/// An envelope from given randomness, by HPKE's own KEMs: our X-Wing takes half of its randomness from elsewhere.
pub fn envelope(pair: &SealingKeyPair, key: &ContentKey, id: &MessageId) -> (Envelope, Vec<u8>) {
    fn sealed<K: Kem>(to: &[u8], suite: Suite, key: &ContentKey, id: &MessageId, randomness: Vec<u8>) -> [Vec<u8>; 2] {
        let info = [b"musubi/1 envelope".as_slice(), &suite.number().to_be_bytes()].concat();
        let mut rng = Replay::new(randomness);
        let (enc, ciphertext) = single_shot_seal_with_rng::<hpke::aead::ChaCha20Poly1305, HkdfSha256, K>(
            &OpModeS::Base,
            &K::PublicKey::from_bytes(to).unwrap(),
            &info,
            key.as_bytes(),
            &id.0,
            &mut rng,
        )
        .unwrap();
        assert!(rng.is_used_up());
        [enc.to_bytes().to_vec(), ciphertext]
    }
    let (suite, to) = (pair.public().suite(), pair.public().as_bytes());
    let (sealed, randomness): (fn(&[u8], _, &_, &_, _) -> _, _) = match suite {
        Suite::XWing => (sealed::<XWing>, pattern(64)),
        Suite::X25519 => (sealed::<X25519HkdfSha256>, pattern(32)),
    };
    let [enc, ciphertext] = sealed(to, suite, key, id, randomness.clone()).map(ByteBuf::from);
    let bytes = cbor::to_vec(&(suite.number(), pair.public().id(), enc, ciphertext)).unwrap();
    (Envelope::from_slice(&bytes).unwrap(), randomness)
}

pub fn derive(key: &ContentKey, info: &str) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::new(None, key.as_bytes()).expand(info.as_bytes(), &mut out).unwrap();
    out
}

/// Seals any plaintext, also one that we would never write.
pub fn seal_plaintext(key: &ContentKey, plaintext: &[u8]) -> Vec<u8> {
    let cipher = ChaCha20Poly1305::new(&derive(key, "musubi/1 content").into());
    let mut sealed = Vec::new();
    for (number, chunk) in plaintext.chunks(CHUNK).enumerate() {
        let last = (number + 1) * CHUNK >= plaintext.len();
        let mut nonce = [0; 12];
        nonce[7..11].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
        nonce[11] = u8::from(last);
        sealed.extend(cipher.encrypt(&nonce.into(), chunk).unwrap());
    }
    sealed
}

/// The plaintext as the format has it, padded to `total`.
pub fn plaintext(files: &[u8], manifest: &[u8], total: usize) -> Vec<u8> {
    let mut plaintext = [files, manifest].concat();
    let end = plaintext.len() as u64;
    plaintext.resize(total - 12, 0);
    plaintext.extend(end.to_be_bytes());
    plaintext.extend(u32::try_from(manifest.len()).unwrap().to_be_bytes());
    plaintext
}

pub fn header(key: &ContentKey, manifest: &[u8], ciphertext: &[u8]) -> Header {
    let opening = derive(key, "musubi/1 opening");
    let commitment = Hash::of(&[b"musubi/1 commit", &opening, &Hash::of(&[manifest]).0]);
    Header { length: ciphertext.len() as u64, sha256: Hash::of(&[ciphertext]), commitment }
}

/// A draft of a bundle with files of these sizes.
pub fn draft(sizes: &[usize]) -> Draft {
    let files = sizes.iter().enumerate().map(|(n, size)| (format!("{n}.csv"), *size as u64)).collect();
    Draft { bundle: Some("B2".into()), files, ..Draft::default() }
}

/// Content that repeats in no power of two.
pub fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 7 % 251) as u8).collect()
}
