//! The part of the sample month that the demo plays; the build takes it from `protocol/careplan/samples`.

/// An office of the sample.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) number: &'static str,
    pub(super) name: &'static str,
    pub(super) kinds: &'static [&'static str],
}

/// A bundle and what must come of it.
#[derive(Debug)]
pub(super) struct Bundle {
    /// Name of its folder in the sample; sorted by it, bundles are in order of their serials.
    pub(super) folder: &'static str,
    pub(super) code: &'static str,
    pub(super) serial: &'static str,
    /// Address of the sender.
    pub(super) from: &'static str,
    /// Address of the receiver.
    pub(super) to: &'static str,
    pub(super) files: &'static [File],
}

/// A file with the hash that the oracle of the sample states.
pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) sha256: &'static str,
    pub(super) bytes: &'static [u8],
}

impl std::fmt::Debug for File {
    /// Without the bytes, which are documents.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("name", &self.name).field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Bundle {
    /// The sender.
    pub(super) fn sender(&self) -> &'static Office {
        office_of(self.from)
    }

    /// The receiver.
    pub(super) fn receiver(&self) -> &'static Office {
        office_of(self.to)
    }

    /// The receiver's kind.
    pub(super) fn to_kind(&self) -> &'static str {
        self.to.split_once('-').map_or("", |(_, kind)| kind)
    }
}

/// The office of an address; the build takes only bundles among these offices.
fn office_of(address: &str) -> &'static Office {
    OFFICES.iter().find(|office| address.starts_with(office.number)).unwrap_or(&OFFICES[0])
}

include!(concat!(env!("OUT_DIR"), "/sample.rs"));

#[cfg(test)]
mod tests {
    use musubi_protocol::ids::Hash;

    use super::*;

    #[test]
    fn the_month_is_the_one_of_the_oracle() {
        assert_eq!(MONTH.len(), 19);
        assert_eq!(MONTH.iter().filter(|bundle| bundle.sender().number == OFFICES[0].number).count(), 14);
        assert!(MONTH.is_sorted_by_key(|bundle| bundle.serial));
        let kinds: Vec<_> = OFFICES.iter().map(|office| office.kinds).collect();
        assert_eq!(kinds, [&["43"][..], &["11"], &["15", "21"]]);
        assert_eq!((TO_REVOKED.to, TO_REVOKED.to_kind(), FROM_REVOKED.from), ("1379900010-11", "11", "1379900010-11"));
        for file in MONTH.iter().chain([&TO_REVOKED, &FROM_REVOKED]).flat_map(|bundle| bundle.files) {
            assert_eq!(Hash::of(&[file.bytes]).to_string(), file.sha256, "{file:?}");
        }
    }
}
