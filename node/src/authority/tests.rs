use musubi_protocol::crl::{Reason, Revoked as Entry};
use musubi_store::keyfile::Cost;
use rand::{SeedableRng, rngs::StdRng};

use super::*;

const NOW: Timestamp = Timestamp(1_795_316_400);

#[test]
fn a_crl_larger_than_a_batch_is_kept_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let passphrase = Passphrase::new("right".to_owned()).with_cost(Cost { memory_kib: 8, passes: 1, lanes: 1 });
    let mut rng = StdRng::seed_from_u64(1);
    let (mut authority, _) = Authority::init(dir.path(), "見本中央機関", &passphrase, NOW, &mut rng).unwrap();

    // A CRL as after 30,000 revocations, put where the newest one lies.
    let entry = |_| Entry { serial: Serial::random(&mut rng), at: NOW, reason: Reason::Superseded };
    let entries: Vec<Entry> = (0..30_000).map(entry).collect();
    let large = authority.keys[&ROOT].crl(2, NOW, &entries).unwrap();
    assert!(1 << 20 < large.der().len());
    let mut writer = Writer::new(&authority.register.store);
    writer.crl(ROOT, &large, authority.register.standing.crls.get(&ROOT)).unwrap();
    writer.commit().unwrap();
    drop(authority);

    authority = Authority::open(dir.path(), &passphrase).unwrap();
    assert_eq!(&*authority.register.standing.crls[&ROOT].bytes, large.der());
    // A day later the next one takes its place; its file goes with it.
    let files = || std::fs::read_dir(dir.path().join("store/live/bodies")).unwrap().count();
    assert_eq!(files(), 1);
    authority.crl(NOW.plus(CRL_AGE + 1)).unwrap();
    drop(authority);
    let register = Register::open(dir.path()).unwrap();
    assert_eq!(register.standing.crls[&ROOT].number, 3);
    assert_eq!(files(), 0);
}
