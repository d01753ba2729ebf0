#[path = "../benches/support.rs"]
mod support;
fn main() {
    let people: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let bytes = support::month(people, false);
    println!("{} bytes", bytes.len());
    for _ in 0..3 {
        let t = std::time::Instant::now();
        let mut c = careplan::Collection::new();
        c.add(support::PLAN, &bytes);
        let s = c.sort();
        let d = t.elapsed();
        println!(
            "{:?} {:.0} MB/s rows {} findings {}",
            d,
            bytes.len() as f64 / 1e6 / d.as_secs_f64(),
            s.units[0].files()[0].rows(),
            s.units[0].findings().len()
        );
    }
    let st = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", st.lines().find(|l| l.starts_with("VmHWM")).unwrap());
}
