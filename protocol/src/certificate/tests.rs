use ed25519_dalek::SigningKey;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose, SanType,
};

use super::{
    authority::{leaf_params, public_key},
    *,
};
use crate::{cbor::Ext, ids::Kind, policy::Policy, request::Request, trust::testing::TestAuthority};

const NOW: Timestamp = Timestamp(1_790_000_000);

/// Signs whatever it is asked to.
struct Careless {
    authority: TestAuthority,
    request: Request,
}

impl Careless {
    fn new() -> Self {
        let kinds: Vec<Kind> = vec!["15".parse().unwrap(), "21".parse().unwrap()];
        let key = SigningKey::from_bytes(&[7; 32]);
        let request = Request::create("1379900028".parse().unwrap(), "みほん通所", &kinds, &key).unwrap();
        Self { authority: TestAuthority::new(1, NOW), request }
    }

    fn licence(&self) -> Licence {
        Licence {
            version: licence::VERSION,
            role: Role::Office,
            desk: 1,
            kinds: self.request.kinds().to_vec(),
            class: 3,
            from: NOW,
            until: NOW.plus(365 * DAY),
            issue_number: 9,
            ext: Ext::none(),
        }
    }

    fn params(&self) -> CertificateParams {
        let licence = self.licence();
        let (from, until) = (NOW.minus(BACKDATE), licence.until.plus(TAIL));
        let serial = Serial::from_bytes(&[0x55; 16]).unwrap();
        leaf_params(&(&self.request).into(), &licence, serial, from, until).unwrap()
    }

    /// What becomes of a certificate with one thing changed.
    fn bent(&self, change: impl FnOnce(&mut CertificateParams)) -> Result<LeafIn, ProfileError> {
        let mut params = self.params();
        change(&mut params);
        let issuer = self.authority.issuing.issuer().unwrap();
        LeafIn::parse(params.signed_by(&public_key(self.request.key()).unwrap(), &issuer).unwrap().der())
    }

    fn licensed(&self, change: impl FnOnce(&mut Licence)) -> Result<LeafIn, ProfileError> {
        let mut licence = self.licence();
        change(&mut licence);
        let content = licence::to_octets("licence", &licence).unwrap();
        self.bent(|params| {
            params.custom_extensions = vec![CustomExtension::from_oid_content(oid::LICENCE, content)];
        })
    }
}

#[test]
fn a_leaf_says_what_was_granted() {
    let careless = Careless::new();
    let leaf = careless.bent(|_| {}).unwrap();
    assert_eq!((leaf.office().as_str(), leaf.name()), ("1379900028", "みほん通所"));
    let addresses: Vec<String> = leaf.addresses().map(|address| address.to_string()).collect();
    assert_eq!(addresses, ["1379900028-15", "1379900028-21"]);
    assert!(leaf.holds(&"1379900028-21".parse().unwrap()));
    assert!(!leaf.holds(&"1379900028-11".parse().unwrap()) && !leaf.holds(&"1379900010-21".parse().unwrap()));
    assert_eq!((leaf.role(), leaf.desk(), leaf.class(), leaf.issue_number()), (Role::Office, 1, 3, 9));
    assert_eq!((leaf.from(), leaf.until()), (NOW, NOW.plus(365 * DAY)));
    assert_eq!((leaf.not_before(), leaf.not_after()), (NOW.minus(DAY), NOW.plus((365 + 75) * DAY)));
    assert_eq!(leaf.key(), careless.request.key());
    assert_eq!(leaf.serial().to_string(), "55".repeat(16));
    assert_eq!(leaf.hash(), crate::ids::Hash::of(&[leaf.der()]));
    assert_eq!(format!("{leaf:?}"), "LeafIn(1379900028, desk 1, issue 9)");
}

#[test]
fn sending_ends_after_grace_and_validity_later() {
    let leaf = Careless::new().bent(|_| {}).unwrap();
    let covers = |moment| Policy::none().covers(&leaf, moment);
    assert!(!covers(leaf.from().minus(1)));
    assert!(covers(leaf.from()));
    assert!(covers(leaf.until().plus(30 * DAY)));
    assert!(!covers(leaf.until().plus(30 * DAY + 1)));
    assert!(leaf.not_after() > leaf.until().plus(60 * DAY));
}

#[test]
fn other_subjects_are_refused() {
    let careless = Careless::new();
    let subject = |attributes: &[(DnType, &str)]| {
        careless.bent(|params| {
            params.distinguished_name = DistinguishedName::new();
            for (kind, text) in attributes {
                params.distinguished_name.push(kind.clone(), *text);
            }
        })
    };
    let (cn, o) = (DnType::CommonName, DnType::OrganizationName);
    let number = DnType::CustomDnType(oid::SERIAL_NUMBER.to_vec());
    assert_eq!(subject(&[(cn.clone(), "a")]), Err(ProfileError::Subject));
    // The number as UTF8String.
    let utf8 = [(cn.clone(), "a"), (o.clone(), "a"), (number, "1379900028")];
    assert_eq!(subject(&utf8), Err(ProfileError::Subject));
    let with = |change: &dyn Fn(&mut DistinguishedName)| careless.bent(|params| change(&mut params.distinguished_name));
    assert_eq!(with(&|name| name.push(o.clone(), "b")), Err(ProfileError::Name));
    assert_eq!(with(&|name| name.push(DnType::CountryName, "JP")), Err(ProfileError::Subject));
    let long = "介".repeat(MAX_NAME + 1);
    assert_eq!(
        with(&|name| [&cn, &o].into_iter().for_each(|kind| name.push(kind.clone(), &long))),
        Err(ProfileError::Name)
    );
    let other = office_name(&"1379900010".parse().unwrap(), "みほん通所").unwrap();
    assert_eq!(with(&|name| *name = other.clone()), Err(ProfileError::Extension("subjectAltName")));
}

/// The parser reads names whose tags say something else.
#[test]
fn a_subject_in_another_encoding_is_refused() {
    let good = Careless::new().bent(|_| {}).unwrap();
    let name = [0x06, 3, 0x55, 4, 10, 0x0c];
    // The first one is the issuer's.
    let at = good.der().windows(name.len()).rposition(|window| window == name).unwrap();
    // Set, sequence, object identifier, text.
    for (offset, tag) in [(-4, 0x11), (-4, 0xb1), (-2, 0x10), (0, 0x07), (0, 0x86), (5, 0x2c)] {
        let mut altered = good.der().to_vec();
        altered[at.checked_add_signed(offset).unwrap()] = tag;
        assert_eq!(LeafIn::parse(&altered), Err(ProfileError::Subject), "{tag:x}");
    }
}

#[test]
fn other_extensions_are_refused() {
    let careless = Careless::new();
    let is = |name| Err(ProfileError::Extension(name));
    let missing = |name| Err(ProfileError::Missing(name));
    assert_eq!(careless.bent(|p| p.key_usages.push(KeyUsagePurpose::KeyCertSign)), is("keyUsage"));
    assert_eq!(careless.bent(|p| p.key_usages.clear()), missing("keyUsage"));
    assert_eq!(careless.bent(|p| p.extended_key_usages.truncate(1)), is("extKeyUsage"));
    assert_eq!(careless.bent(|p| p.extended_key_usages.push(ExtendedKeyUsagePurpose::Any)), is("extKeyUsage"));
    assert_eq!(careless.bent(|p| p.extended_key_usages.clear()), missing("extKeyUsage"));
    assert_eq!(careless.bent(|p| p.is_ca = IsCa::NoCa), missing("subjectKeyIdentifier"));
    let ca = careless.bent(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    assert_eq!(ca, is("basicConstraints"));
    assert_eq!(careless.bent(|p| p.use_authority_key_identifier_extension = false), missing("authorityKeyIdentifier"));
    assert_eq!(careless.bent(|p| p.subject_alt_names.clear()), missing("subjectAltName"));
    let second = SanType::DnsName("example.invalid".try_into().unwrap());
    assert_eq!(careless.bent(|p| p.subject_alt_names.push(second)), is("subjectAltName"));
    let foreign = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    assert_eq!(careless.bent(|p| p.custom_extensions.push(foreign)), Err(ProfileError::Unknown("1.2.3.4".into())));
    assert_eq!(careless.bent(|p| p.custom_extensions[0].set_criticality(true)), is("licence"));
    assert_eq!(careless.bent(|p| p.custom_extensions.clear()), missing("licence"));
    let twice = careless.bent(|p| p.custom_extensions.push(p.custom_extensions[0].clone()));
    assert_eq!(twice, Err(ProfileError::Duplicate));
    let content = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        careless.bent(|p| p.custom_extensions = vec![CustomExtension::from_oid_content(oid::LICENCE, bytes)])
    };
    assert_eq!(content(&[]), is("licence"));
    assert_eq!(content(&[5, 0]), is("licence"));
    assert!(matches!(content(&[4, 1, 0x80]), Err(ProfileError::Content("licence", _))));
    let good = licence::to_octets("licence", &careless.licence()).unwrap();
    assert!(content(&good).is_ok());
    assert_eq!(content(&[&good[..], &[0]].concat()), is("licence"));
    // The length in long form: the same value, other bytes.
    assert_eq!(content(&[&[4, 0x81], &good[1..]].concat()), is("licence"));
}

#[test]
fn other_licences_are_refused() {
    let careless = Careless::new();
    assert!(careless.licensed(|_| {}).is_ok());
    assert_eq!(careless.licensed(|licence| licence.version = 2), Err(ProfileError::Version));
    assert_eq!(careless.licensed(|licence| licence.desk = 0), Err(ProfileError::Desk));
    assert_eq!(careless.licensed(|licence| licence.kinds.reverse()), Err(ProfileError::Kinds));
    assert_eq!(careless.licensed(|licence| licence.kinds.clear()), Err(ProfileError::Kinds));
    assert_eq!(careless.licensed(|licence| licence.kinds.insert(0, licence.kinds[0])), Err(ProfileError::Kinds));
    assert!(careless.licensed(|licence| (licence.role, licence.kinds) = (Role::Relay, vec![])).is_ok());
    assert_eq!(careless.licensed(|licence| licence.from = licence.until), Err(ProfileError::Validity));
    assert_eq!(careless.licensed(|licence| licence.until = licence.until.plus(1)), Err(ProfileError::Validity));
    let must = |licence: &mut Licence| licence.ext = Ext::of(vec![(1, vec![])]);
    assert_eq!(careless.licensed(must), Err(ProfileError::Content("licence", cbor::Error::UnknownExtension(1))));
    assert!(careless.licensed(|licence| licence.ext = Ext::of(vec![(2, vec![])])).is_ok());
    // An unknown role does not get past its type.
    let mut content = licence::to_octets("licence", &careless.licence()).unwrap();
    content[4] = 5;
    let unknown = CustomExtension::from_oid_content(oid::LICENCE, content);
    let bent = careless.bent(|params| params.custom_extensions = vec![unknown]);
    assert!(matches!(bent, Err(ProfileError::Content("licence", _))));
}

#[test]
fn the_licence_of_version_1_stays_the_same() {
    let careless = Careless::new();
    let expected = "04188901000182623135623231031a6ab13b801a6c926f000980";
    let bytes = licence::to_octets("licence", &careless.licence()).unwrap();
    assert_eq!(HEXLOWER.encode(&bytes), expected);
    let read: Licence = licence::from_octets("licence", &bytes).unwrap();
    assert_eq!(read, careless.licence());
}

#[test]
fn serials_and_validity_of_another_form_are_refused() {
    let careless = Careless::new();
    for serial in [vec![1], vec![0x55; 15], vec![0x55; 17], vec![0x85; 16], vec![0x15; 16]] {
        let bent = careless.bent(|p| p.serial_number = Some(serial.clone().into()));
        assert_eq!(bent, Err(ProfileError::Serial), "{serial:?}");
    }
    let later = time_of(NOW.plus((365 + 76) * DAY)).unwrap();
    assert_eq!(careless.bent(|p| p.not_after = later), Err(ProfileError::Validity));
    assert_eq!(careless.bent(|p| p.not_before = p.not_after), Err(ProfileError::Validity));
    let printed = "55:".repeat(16);
    assert_eq!(printed.trim_end_matches(':').parse::<Serial>(), Serial::from_bytes(&[0x55; 16]));
    assert!(Serial::random(&mut TestAuthority::new(3, NOW).rng).to_string().parse::<Serial>().is_ok());
}

#[test]
fn keys_that_anybody_can_sign_for_are_refused() {
    let careless = Careless::new();
    let issuer = careless.authority.issuing.issuer().unwrap();
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let weak = ed25519_dalek::VerifyingKey::from_bytes(&neutral).unwrap();
    let certificate = careless.params().signed_by(&public_key(&weak).unwrap(), &issuer).unwrap();
    assert_eq!(LeafIn::parse(certificate.der()), Err(ProfileError::Key));
    let rsa_like = rcgen::KeyPair::generate().unwrap();
    let certificate = careless.params().signed_by(&rsa_like, &issuer).unwrap();
    assert_eq!(LeafIn::parse(certificate.der()), Err(ProfileError::Key));
    let certificate = careless.params().self_signed(&rsa_like).unwrap();
    assert_eq!(LeafIn::parse(certificate.der()), Err(ProfileError::SignatureAlgorithm));
}

#[test]
fn authorities_keep_to_their_rank_and_time() {
    let careless = Careless::new();
    let (authority, request) = (&careless.authority, &careless.request);
    let serial = Serial::from_bytes(&[0x55; 16]).unwrap();
    let grant = |until| Grant { role: Role::Office, desk: 1, class: 0, from: NOW, until, issue_number: 1 };
    let year = NOW.plus(365 * DAY);
    assert!(matches!(authority.root1.issue(request, &grant(year), serial, NOW), Err(IssueError::Rank)));
    let name = CaName { organisation: "a", common_name: "b" };
    let key = || SigningKey::from_bytes(&[9; 32]);
    let below = authority.issuing.issuing(name, key(), serial, NOW, year);
    assert!(matches!(below, Err(IssueError::Rank)));
    let last = authority.issuing.ca().not_after().minus(TAIL);
    assert!(authority.issuing.issue(request, &grant(last), serial, NOW).is_ok());
    let late = authority.issuing.issue(request, &grant(last.plus(1)), serial, NOW);
    assert!(matches!(late, Err(IssueError::OutlivesIssuer)));
    let none = authority.issuing.issue(request, &grant(NOW), serial, NOW);
    assert!(matches!(none, Err(IssueError::Profile(ProfileError::Validity))));
    let outliving = authority.root1.issuing(name, key(), serial, NOW, authority.root1.ca().not_after().plus(1));
    assert!(matches!(outliving, Err(IssueError::OutlivesIssuer)));
    assert!(matches!(Authority::new(authority.root1.ca().clone(), key()), Err(IssueError::Key)));
    let far = Authority::root(name, key(), serial, NOW, Timestamp(u64::MAX));
    assert!(matches!(far, Err(IssueError::Time)));
}

#[test]
fn cas_and_desks_are_not_taken_for_each_other() {
    let careless = Careless::new();
    let leaf = careless.bent(|_| {}).unwrap();
    for ca in [&careless.authority.root1, &careless.authority.issuing] {
        assert!(LeafIn::parse(ca.ca().der()).is_err());
        assert_eq!(Ca::parse(ca.ca().der()).as_ref(), Ok(ca.ca()));
    }
    assert!(Ca::parse(leaf.der()).is_err());
    assert_eq!(careless.authority.root1.ca().rank(), Rank::Root);
    assert_eq!(careless.authority.issuing.ca().rank(), Rank::Issuing);
    assert!(careless.authority.issuing.ca().is_signed_by(careless.authority.root1.ca()));
    assert!(!careless.authority.issuing.ca().is_signed_by(careless.authority.root2.ca()));
    // A root whose signature is damaged is none.
    let mut damaged = careless.authority.root1.ca().der().to_vec();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    assert_eq!(Ca::parse(&damaged), Err(ProfileError::SelfSignature));
}
