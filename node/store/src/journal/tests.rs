use proptest::prelude::*;

use super::*;

type Written = Vec<(Vec<u8>, Option<Vec<u8>>, bool)>;

fn batch(of: &Written) -> (Vec<u8>, Vec<(Vec<u8>, Change)>) {
    let (mut bytes, mut changes) = (Vec::new(), Vec::new());
    for (key, value, body) in of {
        let item = match value {
            None => Item::Remove,
            Some(value) if *body => Item::Body(value),
            Some(value) => Item::Record(value),
        };
        changes.push((key.clone(), add(&mut bytes, key, item)));
    }
    (bytes, changes)
}

fn written() -> impl Strategy<Value = Written> {
    let bytes = |most| proptest::collection::vec(any::<u8>(), 0..most);
    proptest::collection::vec((bytes(40), proptest::option::of(bytes(300)), any::<bool>()), 0..8)
}

/// Writes batches, each with a sync of its own; gives what they change, and where each frame begins.
fn write(dir: &Path, batches: &[Written]) -> (Index, Vec<Place>) {
    drop(begin(dir, 1).unwrap());
    let first = Place { segment: 1, at: 0 };
    let (mut tail, mut writer) = (Tail::new(first), Writer::open(dir, first).unwrap());
    let (mut index, mut places) = (Index::new(), Vec::new());
    for of in batches {
        places.push(tail.next());
        let (bytes, changes) = batch(of);
        index.extend(tail.add(bytes, changes));
        writer.write(&tail.take()).unwrap();
        tail.written();
    }
    places.push(tail.next());
    // As the next start does it: without the zeros.
    writer.file.set_len(tail.next().at).unwrap();
    (index, places)
}

fn bodies(dir: &Path, batches: &[Written], index: &Index) {
    let mut last = BTreeMap::new();
    for (key, value, body) in batches.iter().flatten() {
        last.insert(key, value.as_ref().filter(|_| *body));
    }
    for (key, body) in last {
        let Some(body) = body else { continue };
        let span = Span::from_value(index[key].as_deref().unwrap()).unwrap();
        assert_eq!(&read(dir, span, 0, span.len as usize).unwrap(), body);
    }
}

proptest! {
    #[test]
    fn items_come_back_as_they_were_added(of in written()) {
        let (bytes, changes) = batch(&of);
        prop_assert_eq!(items(&bytes), Some(changes));
    }

    #[test]
    fn no_bytes_are_too_strange_to_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = items(&bytes);
        prop_assert!(read_frame(Place::default(), &bytes).is_none());
    }

    #[test]
    fn what_was_written_comes_back_from_any_place(batches in proptest::collection::vec(written(), 1..6)) {
        let dir = tempfile::tempdir().unwrap();
        let (index, places) = write(dir.path(), &batches);
        let (found, end) = replay(dir.path(), places[0]).unwrap();
        prop_assert_eq!((&found, end), (&index, *places.last().unwrap()));
        bodies(dir.path(), &batches, &found);
        for (at, place) in places.iter().enumerate() {
            let (found, _) = replay(dir.path(), *place).unwrap();
            let keys: std::collections::BTreeSet<_> = batches[at..].iter().flatten().map(|item| &item.0).collect();
            prop_assert_eq!(found.keys().collect::<std::collections::BTreeSet<_>>(), keys);
        }
    }
}

fn record(number: u8) -> Written {
    vec![(vec![number], Some(vec![number; 100]), false)]
}

#[test]
fn an_unfinished_end_is_cut_off_wherever_it_breaks() {
    let dir = tempfile::tempdir().unwrap();
    let (_, places) = write(dir.path(), &[record(0), record(1), record(2)]);
    let whole = fs::read(path(dir.path(), 1)).unwrap();
    for len in places[2].at as usize..whole.len() {
        fs::write(path(dir.path(), 1), &whole[..len]).unwrap();
        let (found, end) = replay(dir.path(), places[0]).unwrap();
        assert_eq!((found.len(), end), (2, places[2]));
    }
    // A page of the last write that never came, and zeros where the file had grown already.
    for from in [places[2].at as usize, places[2].at as usize + 30] {
        let mut torn = whole.clone();
        torn[from..].fill(0);
        fs::write(path(dir.path(), 1), torn).unwrap();
        assert_eq!(replay(dir.path(), places[0]).unwrap().1, places[2]);
    }
}

#[test]
fn what_was_durable_once_and_cannot_be_read_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let (_, places) = write(dir.path(), &[record(0), record(1), record(2)]);
    let whole = fs::read(path(dir.path(), 1)).unwrap();
    for at in 0..places[2].at as usize {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(path(dir.path(), 1), flipped).unwrap();
        assert!(matches!(replay(dir.path(), places[0]), Err(OpenError::Damaged { .. })), "at {at}");
    }
    // The end of a file that another follows.
    fs::write(path(dir.path(), 1), &whole[..whole.len() - 1]).unwrap();
    drop(begin(dir.path(), 2).unwrap());
    assert!(matches!(replay(dir.path(), places[0]), Err(OpenError::Damaged { .. })));
    fs::write(path(dir.path(), 1), &whole).unwrap();
    assert_eq!(replay(dir.path(), places[0]).unwrap().1, Place { segment: 2, at: 0 });
    // A file that is not there.
    for gone in [1, 2] {
        let (from, to) = (path(dir.path(), gone), dir.path().join("away"));
        fs::rename(&from, &to).unwrap();
        let from_there = Place { segment: gone, at: 0 };
        assert!(matches!(replay(dir.path(), from_there), Err(OpenError::Damaged { .. })));
        fs::rename(to, from).unwrap();
    }
    // One that ends before what the engine has of it.
    let beyond = Place { segment: 2, at: 1 };
    assert!(matches!(replay(dir.path(), beyond), Err(OpenError::Damaged { .. })));
}

#[test]
fn frames_that_came_out_of_order_count_only_up_to_the_gap() {
    let dir = tempfile::tempdir().unwrap();
    drop(begin(dir.path(), 1).unwrap());
    let first = Place { segment: 1, at: 0 };
    let (mut tail, mut writer) = (Tail::new(first), Writer::open(dir.path(), first).unwrap());
    let mut places = Vec::new();
    for number in 0..3 {
        places.push(tail.next());
        let (bytes, changes) = batch(&record(number));
        tail.add(bytes, changes).for_each(drop);
    }
    writer.write(&tail.take()).unwrap();
    let mut bytes = fs::read(path(dir.path(), 1)).unwrap();
    bytes[places[1].at as usize + 25] ^= 1;
    fs::write(path(dir.path(), 1), bytes).unwrap();
    // One sync for all three, which never came to its end: nobody was told of any.
    assert_eq!(replay(dir.path(), first).unwrap().1, places[1]);
}

#[test]
fn small_writes_find_room_that_was_made_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let first = Place { segment: 1, at: 0 };
    drop(begin(dir.path(), 1).unwrap());
    let (mut tail, mut writer) = (Tail::new(first), Writer::open(dir.path(), first).unwrap());
    let len = |segment| segments(dir.path()).unwrap()[&segment];
    let mut put = |value: usize| {
        let (bytes, changes) = batch(&vec![(b"key".to_vec(), Some(vec![1; value]), true)]);
        tail.add(bytes, changes).for_each(drop);
        writer.write(&tail.take()).unwrap();
        tail.written();
        tail.next()
    };
    let end = put(100).at;
    let room = end + AHEAD as u64;
    assert_eq!(len(1), room);
    while put(1000).at < room - 2000 {
        assert_eq!(len(1), room);
    }
    // What waits behind it is read as the end, and many bytes at a time make no more of it.
    let end = put(100_000);
    assert_eq!(replay(dir.path(), first).unwrap().1, end);
    assert_eq!(len(1), end.at);
    while put(1000).segment == 1 && put(1 << 20).at < SEGMENT {}
    // A file that is followed ends with its frames.
    let end = put(1000);
    assert_eq!(end.segment, 2);
    assert_eq!(replay(dir.path(), first).unwrap().1, end);
}

#[test]
fn a_body_is_read_before_it_is_written_and_files_follow_each_other() {
    let dir = tempfile::tempdir().unwrap();
    drop(begin(dir.path(), 7).unwrap());
    let first = Place { segment: 7, at: 0 };
    let (mut tail, mut writer) = (Tail::new(first), Writer::open(dir.path(), first).unwrap());
    let mut spans = Vec::new();
    let body = |number: u8| vec![number; 1 << 20];
    for number in 0..40 {
        let (bytes, changes) = batch(&vec![(vec![number], Some(body(number)), true)]);
        let changed: Vec<_> = tail.add(bytes, changes).collect();
        spans.push(Span::from_value(changed[0].1.as_deref().unwrap()).unwrap());
        if number % 3 == 1 {
            writer.write(&tail.take()).unwrap();
            for span in &spans {
                assert_eq!(tail.bytes(*span).is_some(), span.place >= tail.durable, "{span:?}");
            }
            tail.written();
        }
    }
    // The last two wait still.
    assert!(tail.bytes(spans[37]).is_none() && tail.waiting() > 2 << 20);
    assert!(tail.bytes(spans[39]).is_some_and(|bytes| bytes == body(39)));
    writer.write(&tail.take()).unwrap();
    tail.written();
    for (number, span) in (0..40).zip(&spans) {
        assert!(read(dir.path(), *span, 0, span.len as usize).unwrap() == body(number));
    }
    assert_eq!(segments(dir.path()).unwrap().keys().copied().collect::<Vec<_>>(), [7, 8]);
    let (found, end) = replay(dir.path(), first).unwrap();
    assert_eq!((found.len(), end.segment), (40, 8));
}
