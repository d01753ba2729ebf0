//! Service kinds: long-term care, preventive care and the offices that plan them.

use std::sync::LazyLock;

use crate::ids::ServiceKind;

/// What a service kind is, and which benefit it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// The standard's name.
    pub(crate) name_ja: &'static str,
    /// Preventive benefit (予防給付) or municipal services (総合事業).
    pub(crate) preventive: bool,
    /// Plans care and does not give it (43, 46, AF).
    pub(crate) planner: bool,
    /// Its rows take part in the exchange.
    pub(crate) exchanged: bool,
}

impl ServiceKind {
    /// Returns the standard's name, as in `訪問介護`; `None` for a kind that it does not list.
    #[must_use]
    pub fn name_ja(self) -> Option<&'static str> {
        service_of(self).map(|service| service.name_ja)
    }
}

static SERVICES: LazyLock<Vec<(ServiceKind, Service)>> =
    LazyLock::new(|| include_str!("../codes/service_kinds.csv").lines().skip(1).filter_map(service).collect());

/// Tells whether a kind is a short stay or a short use, whose days are counted.
pub(crate) fn is_short_stay(kind: &[u8]) -> bool {
    let stay = matches!(kind, b"21" | b"22" | b"23" | b"2A" | b"24" | b"25" | b"26" | b"2B");
    stay || matches!(kind, b"27" | b"28" | b"38" | b"39" | b"68" | b"69" | b"79")
}

/// Tells whether a kind is lending of equipment.
pub(crate) fn is_equipment(kind: &[u8]) -> bool {
    matches!(kind, b"17" | b"67")
}

/// Looks a service kind up, `None` if the standard does not list it.
pub(crate) fn service_of(kind: ServiceKind) -> Option<Service> {
    SERVICES.iter().find(|(known, _)| *known == kind).map(|(_, service)| *service)
}

fn service(line: &'static str) -> Option<(ServiceKind, Service)> {
    let mut cells = line.split(',');
    let kind = cells.next()?.parse().ok()?;
    let name_ja = cells.next()?;
    let scheme = cells.next()?;
    let exchanged = cells.next()? == "Y";
    let preventive = scheme.starts_with("予防給付") || scheme.starts_with("総合事業");
    Some((kind, Service { name_ja, preventive, planner: scheme.ends_with("（支援）"), exchanged }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(SERVICES.len(), include_str!("../codes/service_kinds.csv").lines().count() - 1);
        let of = |kind: &str| service_of(kind.parse().unwrap());
        let names = |kind: &str| of(kind).map(|service| service.name_ja);
        let roles = |kind: &str| of(kind).map(|service| (service.preventive, service.planner, service.exchanged));
        assert_eq!(names("A2"), Some("訪問型サービス（独自）"));
        assert_eq!(roles("11"), Some((false, false, true)));
        assert_eq!(roles("43"), Some((false, true, false)));
        assert_eq!(roles("46"), Some((true, true, false)));
        assert_eq!(roles("2B"), Some((true, false, true)));
        assert_eq!(roles("33"), Some((false, false, false)));
        assert_eq!(of("ZZ"), None);
    }
}
