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
    certificate::material::{self, Material},
    crl::{LIFETIME, Reason},
    request::Request,
    time::{DAY, Timestamp},
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
