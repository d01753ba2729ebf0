//! What OpenSSL says about certificates and CRLs that leave the authority: a second opinion on the profile.
//!
//! Without `openssl` the test says `SKIPPED` and passes, unless MUSUBI_REQUIRE_TOOLS=1.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use ed25519_dalek::SigningKey;
use musubi_node::authority::{Authority, Issued, Period, Target};
use musubi_protocol::{
    certificate::{
        GRACE,
        material::{self, Material},
    },
    crl::{self, LIFETIME, Reason, Revoked},
    policy::Standing,
    request::Request,
    time::{DAY, Timestamp},
    trust::{Bundle, Distrust, Trust, testing::TestAuthority},
};
use musubi_store::keyfile::{Cost, Passphrase};
use rand::{SeedableRng, rngs::StdRng};
use tempfile::TempDir;

/// 2026-11-22T03:00:00Z.
const NOW: Timestamp = Timestamp(1_795_316_400);
/// What precedes the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410, section 7).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// An authority, and a place for the files that it hands out.
struct Bench {
    dir: TempDir,
    authority: Authority,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let passphrase = Passphrase::new("right".to_owned()).with_cost(Cost { memory_kib: 8, passes: 1, lanes: 1 });
        let mut rng = StdRng::seed_from_u64(seed);
        let home = dir.path().join("authority");
        let (authority, _) = Authority::init(&home, "見本中央機関", &passphrase, NOW, &mut rng).unwrap();
        Self { dir, authority }
    }

    fn issue(&mut self, office: &str, key: &SigningKey) -> Issued {
        let request = request(office, key);
        let mut rng = StdRng::seed_from_u64(u64::from(key.to_bytes()[0]));
        self.authority.issue(request.der(), Period::default(), NOW, &mut rng).unwrap()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Takes c.pem apart as somebody with OpenSSL would: leaf, issuing CA, roots, CRLs.
    fn split(&self, issued: &Issued) -> Parts {
        let items = material::read(issued.pem.as_bytes()).unwrap();
        let pem = |item: &Material| material::to_pem([(item.label(), item.bytes())]);
        Parts {
            leaf: self.write("leaf.pem", pem(&items[0])),
            issuing: self.write("issuing.pem", pem(&items[1])),
            roots: self.write("roots.pem", pem(&items[2]) + &pem(&items[3])),
        }
    }
}

struct Parts {
    leaf: PathBuf,
    issuing: PathBuf,
    roots: PathBuf,
}

impl Parts {
    fn verify(&self, at: Timestamp, more: &[&str]) -> Output {
        let at = at.to_string();
        let (roots, issuing) = (text(&self.roots), text(&self.issuing));
        let fixed = ["verify", "-attime", &at, "-x509_strict", "-CAfile", roots, "-untrusted", issuing];
        openssl(&[&fixed[..], more, &[text(&self.leaf)]].concat())
    }
}

fn request(office: &str, key: &SigningKey) -> Request {
    Request::create(office.parse().unwrap(), "みほん通所", &["15".parse().unwrap()], key).unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn openssl(arguments: &[&str]) -> Output {
    Command::new("openssl").args(arguments).output().unwrap()
}

/// Says whether OpenSSL is here; if it has to be, that it is not is a failure.
fn available(test: &str) -> bool {
    let found = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !found {
        assert!(std::env::var_os("MUSUBI_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "openssl is missing");
        println!("SKIPPED {test}: openssl");
    }
    found
}

#[track_caller]
fn accepted(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(why), "{said}");
}

#[test]
fn openssl_verify_agrees_about_certificates() {
    if !available("openssl_verify_agrees_about_certificates") {
        return;
    }
    let mut bench = Bench::new(1);
    let office = key(7);
    let issued = bench.issue("1379900028", &office);
    let parts = bench.split(&issued);
    accepted(&parts.verify(NOW, &[]));
    accepted(&parts.verify(NOW, &["-purpose", "sslclient"]));
    // Clocks that run behind by less than a day.
    accepted(&parts.verify(NOW.minus(DAY - 1), &[]));
    let shown = accepted(&openssl(&["x509", "-in", text(&parts.leaf), "-noout", "-text", "-nameopt", "utf8"]));
    for part in ["CA:FALSE", "urn:musubi:office:1379900028", "serialNumber=1379900028", "ED25519"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }

    // Expired: the leaf alone, then the whole chain.
    refused(&parts.verify(issued.row.not_after.plus(1), &[]), "error 10 at 0 depth");
    refused(&parts.verify(NOW.minus(2 * DAY), &[]), "not yet valid");
    refused(&parts.verify(NOW, &["-purpose", "sslserver"]), "unsuitable certificate purpose");

    // Roots of the same names, made by somebody else.
    let mut other = Bench::new(2);
    let theirs = other.issue("1379900028", &office);
    let theirs = other.split(&theirs);
    let output = Parts { roots: theirs.roots, ..bench.split(&issued) }.verify(NOW, &[]);
    refused(&output, "unable to get local issuer certificate");

    // A desk that plays CA for another one.
    let office_key = material::to_pem([("PRIVATE KEY", &[&PKCS8[..], office.as_bytes()].concat()[..])]);
    let office_key = bench.write("office.key", office_key);
    let wanted = request("1379900010", &key(8));
    let wanted = bench.write("below.request", material::to_pem([(material::REQUEST, wanted.der())]));
    let below = bench.dir.path().join("below.pem");
    let made = ["x509", "-req", "-in", text(&wanted), "-CA", text(&parts.leaf), "-CAkey", text(&office_key)];
    accepted(&openssl(&[&made[..], &["-set_serial", "1", "-days", "30", "-out", text(&below)]].concat()));
    let untrusted = ["-untrusted", text(&parts.leaf)];
    let below = Parts { leaf: below, ..bench.split(&issued) };
    // That certificate is made by today's clock: only the verdict about its issuer matters.
    let output = below.verify(NOW, &[&untrusted[..], &["-no_check_time"]].concat());
    refused(&output, "invalid CA certificate");
}

#[test]
fn openssl_crl_agrees_about_revocations() {
    if !available("openssl_crl_agrees_about_revocations") {
        return;
    }
    let mut bench = Bench::new(1);
    let (kept, lost) = (bench.issue("1379900010", &key(1)), bench.issue("1379900028", &key(2)));
    let crls = |bench: &mut Bench| {
        let file = bench.authority.crl(NOW).unwrap();
        bench.write("crl.pem", file)
    };
    let file = crls(&mut bench);
    let check = ["-crl_check_all", "-CRLfile", text(&file)];
    accepted(&bench.split(&lost).verify(NOW, &check));

    bench.authority.revoke(Target::Serial(lost.row.serial), Reason::KeyCompromise, NOW).unwrap();
    crls(&mut bench);
    refused(&bench.split(&lost).verify(NOW, &check), "certificate revoked");
    refused(&bench.split(&lost).verify(NOW, &["-crl_check", "-CRLfile", text(&file)]), "certificate revoked");
    accepted(&bench.split(&lost).verify(NOW, &[]));
    accepted(&bench.split(&kept).verify(NOW, &check));
    refused(&bench.split(&kept).verify(NOW.plus(LIFETIME + 1), &check), "CRL has expired");

    let shown = accepted(&openssl(&["crl", "-in", text(&file), "-noout", "-text"]));
    let serial = lost.row.serial.to_string().to_uppercase();
    let parts = [
        serial.as_str(),
        "Key Compromise",
        "Last Update: Nov 22 03:00:00 2026 GMT",
        "Next Update: Nov 25 03:00:00 2026 GMT",
    ];
    for part in parts {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains(&kept.row.serial.to_string().to_uppercase()));
    let parts = bench.split(&kept);
    accepted(&openssl(&["crl", "-in", text(&file), "-noout", "-CAfile", text(&parts.issuing), "-verify"]));
}

/// One moment, the lists that are at hand then, and what has to be said of the certificate.
struct Case {
    name: &'static str,
    at: Timestamp,
    /// When the lists of issuing CA and root were made; `None` where there is none.
    lists: [Option<Timestamp>; 2],
    /// Whom those lists name: nobody, the desk, or the issuing CA.
    revoked: Gone,
    /// What OpenSSL says against it, if anything.
    openssl: Option<&'static str>,
    /// What we say against it to a stranger, if anything.
    ours: Option<Distrust>,
    /// What the licence is worth, which is no matter of the chain.
    licence: Standing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    Nobody,
    Desk,
    Issuing,
}

/// The same chain, lists and moment before both. Where they differ it is on purpose: partners already known are dealt
/// with for some days behind a list's date, and a licence is none of OpenSSL's business.
#[test]
fn openssl_verify_and_our_own_judgement_agree() {
    if !available("openssl_verify_and_our_own_judgement_agree") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, items: &[(&str, &[u8])]| {
        let path = dir.path().join(name);
        fs::write(&path, material::to_pem(items.iter().copied())).unwrap();
        path
    };
    let mut authority = TestAuthority::new(1, NOW);
    let desk = authority.issue("1379900028", &["15"]);
    let certificate = |name, ders: &[&[u8]]| {
        let items: Vec<_> = ders.iter().map(|der| (material::CERTIFICATE, *der)).collect();
        write(name, &items)
    };
    let parts = Parts {
        leaf: certificate("leaf.pem", &[desk.leaf.der()]),
        issuing: certificate("issuing.pem", &[authority.issuing.ca().der()]),
        roots: certificate("roots.pem", &[authority.root1.ca().der(), authority.root2.ca().der()]),
    };

    for case in cases(desk.leaf.until(), desk.leaf.not_after()) {
        let Case { name, at, lists: [list, root_list], .. } = case;
        let gone = |serial| Revoked { serial, at: NOW, reason: Reason::Unspecified };
        let (desks, cas) = match case.revoked {
            Gone::Nobody => (vec![], vec![]),
            Gone::Desk => (vec![gone(desk.leaf.serial())], vec![]),
            Gone::Issuing => (vec![], vec![gone(authority.issuing.ca().serial())]),
        };
        let list = list.map(|made| authority.issuing.crl(1, made, &desks).unwrap());
        // A bundle always has a list of one of its roots: if not of the one that issues, then of the other.
        let root_list = match root_list {
            Some(made) => authority.root1.crl(1, made, &cas).unwrap(),
            None => authority.root2.crl(1, at, &[]).unwrap(),
        };

        let ders: Vec<_> = list.iter().chain([&root_list]).map(|list| (material::CRL, list.der())).collect();
        let file = write("crl.pem", &ders);
        let output = parts.verify(at, &["-crl_check_all", "-CRLfile", text(&file)]);
        let said = String::from_utf8_lossy(&output.stderr);
        match case.openssl {
            None => assert!(output.status.success(), "{name}: {said}"),
            Some(why) => assert!(!output.status.success() && said.contains(why), "{name}: {said}"),
        }

        let bundle = Bundle { root_crl: root_list.der().to_vec(), ..authority.bundle() };
        let mut trust = Trust::first(&authority.sign(bundle), None).unwrap();
        if let Some(list) = &list {
            assert_eq!(trust.accept_crl(list.der()), Ok(crl::Outcome::New));
        }
        let judge = |known| trust.judge(desk.leaf.der(), &desk.issuer, at, known).err();
        assert_eq!(judge(false), case.ours, "{name}");
        let known = case.ours.filter(|ours| *ours != Distrust::OldRevocation);
        assert_eq!(judge(true), known, "{name}");
        // The agreement itself.
        assert_eq!(judge(false).is_none(), output.status.success(), "{name}");

        let (from, until) = (desk.leaf.from(), desk.leaf.until());
        assert_eq!(trust.policy().standing(from, until, at), case.licence, "{name}");
        let covered = matches!(case.licence, Standing::Active | Standing::Grace);
        assert_eq!(trust.policy().covers(&desk.leaf, at), covered, "{name}");
    }
}

/// For a licence that begins at [`NOW`].
fn cases(until: Timestamp, not_after: Timestamp) -> Vec<Case> {
    let good = |name, at: Timestamp, licence| Case {
        name,
        at,
        lists: [Some(at); 2],
        revoked: Gone::Nobody,
        openssl: None,
        ours: None,
        licence,
    };
    let bad =
        |name, at, licence, openssl, ours| Case { openssl: Some(openssl), ours: Some(ours), ..good(name, at, licence) };
    let (active, grace, ended) = (Standing::Active, Standing::Grace, Standing::Ended);
    let next_update = NOW.plus(LIFETIME);
    let stale = next_update.plus(crl::GRACE + 1);
    let expired = "CRL has expired";
    let missing = "unable to get certificate CRL";
    let old = |name, at, ours| Case { lists: [Some(NOW); 2], ..bad(name, at, active, expired, ours) };
    vec![
        good("valid", NOW, active),
        good("its last second", until, active),
        good("the licence is over, in grace", until.plus(1), grace),
        good("the last second of grace", until.plus(GRACE), grace),
        good("the licence is over, and grace too", until.plus(GRACE + 1), ended),
        // At notAfter itself we still say yes, as RFC 5280 does; OpenSSL does not.
        good("a second before notAfter", not_after.minus(1), ended),
        bad("notAfter has passed", not_after.plus(1), ended, "error 10 at 0 depth", Distrust::Expired),
        bad("before notBefore", NOW.minus(DAY + 1), Standing::NotYet, "error 9 at 0 depth", Distrust::NotYetValid),
        Case {
            revoked: Gone::Desk,
            ..bad("the desk is revoked", NOW, active, "error 23 at 0 depth", Distrust::Revoked)
        },
        Case {
            revoked: Gone::Issuing,
            ..bad("its CA is revoked", NOW, active, "error 23 at 1 depth", Distrust::Revoked)
        },
        Case { lists: [Some(NOW); 2], ..good("a second before nextUpdate", next_update.minus(1), active) },
        old("the lists are at nextUpdate", next_update, Distrust::OldRevocation),
        old("the lists are at the end of their grace", stale.minus(1), Distrust::OldRevocation),
        old("the lists are beyond their grace", stale, Distrust::StaleRevocation),
        Case {
            lists: [Some(NOW), Some(next_update)],
            ..old("the issuing CA's list is old", next_update, Distrust::OldRevocation)
        },
        Case { lists: [Some(stale), Some(NOW)], ..old("the root's list is stale", stale, Distrust::StaleRevocation) },
        Case { lists: [Some(NOW), None], ..bad("no list of the root", NOW, active, missing, Distrust::NoRevocation) },
        Case {
            lists: [None, Some(NOW)],
            ..bad("no list of the issuing CA", NOW, active, missing, Distrust::NoRevocation)
        },
    ]
}
