//! Days as people in Japan write them: years of eras (和暦), weekdays and ages.

use careplan::{Date, Month};

/// The first day of each era as year, month and day, newest first.
///
/// The first day of an era belongs to it. Meiji counts from 1868, and days before it are told in years of our Lord.
const ERAS: [(&str, (u16, u8, u8)); 5] = [
    ("令和", (2019, 5, 1)),
    ("平成", (1989, 1, 8)),
    ("昭和", (1926, 12, 25)),
    ("大正", (1912, 7, 30)),
    ("明治", (1868, 1, 25)),
];

/// The days of the week, Sunday first.
pub const WEEKDAYS: [&str; 7] = ["日", "月", "火", "水", "木", "金", "土"];

/// Writes a day: 令和7年4月1日.
#[must_use]
pub fn date(date: Date) -> String {
    format!("{}年{}月{}日", year(date), date.month().month(), date.day())
}

/// Writes a month: 令和7年11月. A month in which an era begins is told by the era of its last day.
#[must_use]
pub fn month(month: Month) -> String {
    let last = Date::new(month.year(), month.month(), month.days());
    format!("{}年{}月", last.map(year).unwrap_or_default(), month.month())
}

/// Writes the month that something is for: 令和7年11月分.
#[must_use]
pub fn month_of_service(of: Month) -> String {
    month(of) + "分"
}

/// Returns the age in full years at a day; `None` before birth. One born on 29 February is a year older on 1 March,
/// which is the day on which the paper has to be right (the law counts the evening before).
#[must_use]
pub fn age(birth: Date, on: Date) -> Option<u16> {
    let place = |date: Date| (date.month().month(), date.day());
    let before_birthday = place(on) < place(birth);
    on.year().checked_sub(birth.year())?.checked_sub(u16::from(before_birthday))
}

/// Returns the day of the week, 0 for Sunday.
#[must_use]
pub fn weekday(date: Date) -> usize {
    // Zeller's congruence: the year begins in March, so that the leap day is its last.
    let (year, month) = (usize::from(date.year()), usize::from(date.month().month()));
    let (year, month) = if month < 3 { (year - 1, month + 12) } else { (year, month) };
    // Saturday is 0 there.
    (usize::from(date.day()) + 13 * (month + 1) / 5 + year + year / 4 + year / 400 + 6 - year / 100 % 7 + 7) % 7
}

/// Writes a day without its month: 4(火).
#[must_use]
pub fn day(date: Date) -> String {
    format!("{}日({})", date.day(), WEEKDAYS[weekday(date)])
}

fn year(date: Date) -> String {
    let place = (date.year(), date.month().month(), date.day());
    match ERAS.iter().find(|(_, first)| *first <= place) {
        Some((name, (first, ..))) if date.year() == *first => format!("{name}元"),
        Some((name, (first, ..))) => format!("{name}{}", date.year() - first + 1),
        None => format!("西暦{}", date.year()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn eras_change_on_their_day() {
        for (day, shown) in [
            ("20250401", "令和7年4月1日"),
            ("20190501", "令和元年5月1日"),
            ("20190430", "平成31年4月30日"),
            ("19890108", "平成元年1月8日"),
            ("19890107", "昭和64年1月7日"),
            ("19261225", "昭和元年12月25日"),
            ("19261224", "大正15年12月24日"),
            ("19120730", "大正元年7月30日"),
            ("19120729", "明治45年7月29日"),
            ("18680125", "明治元年1月25日"),
            ("18671231", "西暦1867年12月31日"),
        ] {
            assert_eq!(date(of(day)), shown);
        }
        assert_eq!(month_of_service("202511".parse().unwrap()), "令和7年11月分");
        assert_eq!(month("201904".parse().unwrap()), "平成31年4月");
        assert_eq!(month("201905".parse().unwrap()), "令和元年5月");
    }

    #[test]
    fn ages_change_on_the_birthday() {
        let birth = of("19401104");
        assert_eq!(age(birth, of("20251103")), Some(84));
        assert_eq!(age(birth, of("20251104")), Some(85));
        assert_eq!(age(birth, of("19401103")), None);
        assert_eq!(age(birth, birth), Some(0));
        assert_eq!(age(of("19400229"), of("20250228")), Some(84));
        assert_eq!(age(of("19400229"), of("20250301")), Some(85));
    }

    #[test]
    fn known_weekdays() {
        for (day, name) in
            [("20251127", "木"), ("20240229", "木"), ("20000101", "土"), ("20000229", "火"), ("19000101", "月")]
        {
            assert_eq!(WEEKDAYS[weekday(of(day))], name, "{day}");
        }
        assert_eq!(day(of("20251104")), "4日(火)");
    }

    proptest! {
        #[test]
        fn the_week_goes_on(year in 1u16..9999, month in 1u8..=12, day in 1u8..=31) {
            let Some(date) = Date::new(year, month, day) else { return Ok(()) };
            let next = Date::new(year, month, day + 1)
                .or_else(|| Date::new(year, month + 1, 1))
                .or_else(|| Date::new(year + 1, 1, 1));
            prop_assert_eq!((weekday(date) + 1) % 7, weekday(next.unwrap()));
        }
    }
}
