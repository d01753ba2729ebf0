//! Invented sheets as large offices print them: the calendar of a month and the table of amounts.
#![allow(dead_code, reason = "each user takes some of it")]

use careplan_forms::sheet::{Align, Block, Cell, Field, Line, Orientation, Pack, Row, SHARES, Sheet, Table};

/// Both sheets of so many people.
pub fn month(people: usize) -> Pack {
    let sheets = (0..people).flat_map(|person| [calendar(person, 16), amounts(person, 18)]).collect();
    Pack { title: "サービス利用票 令和8年11月".to_owned(), sheets }
}

/// Names of services.
const SERVICES: [(&str, &str, &str); 6] = [
    ("09:00～10:00", "身体介護２", "訪問介護ステーションさくら"),
    ("10:30～11:30", "生活援助３", "ヘルパーセンター㈱ひまわり"),
    ("09:30～16:30", "通所介護Ⅰ１５２", "デイサービス髙﨑の丘"),
    ("14:00～14:40", "訪問看護Ⅰ３", "みどり訪問看護ステーション"),
    ("", "特殊寝台貸与", "福祉用具センター①番館"),
    ("", "通所介護サービス提供体制強化加算Ⅰ", "デイサービス髙﨑の丘"),
];

fn person(number: usize) -> String {
    ["髙橋 花子", "山﨑 太郎", "渡邊 ヨシヱ", "斎藤 一", "五十嵐 ㈲子"][number % 5].to_owned()
}

/// A calendar of plan and actual rows, with 31 days.
pub fn calendar(number: usize, services: usize) -> Sheet {
    let head = |text: &str| Cell::head(text).rows(2);
    let mut days: Vec<Cell> = Vec::new();
    let mut weekdays: Vec<Cell> = Vec::new();
    for day in 1..=31 {
        let weekday = ["日", "月", "火", "水", "木", "金", "土"][day % 7];
        let shaded = |cell: Cell| if day % 7 == 0 { cell.shaded() } else { cell };
        days.push(shaded(Cell::head(day.to_string())));
        weekdays.push(shaded(Cell::head(weekday)));
    }
    let mut top = vec![head("提供時間帯"), head("サービス内容"), head("事業所名"), head("")];
    top.append(&mut days);
    top.push(Cell::head("合計\n回数").rows(2));
    let groups = (0..services).map(|service| group(number, service)).collect();
    let mut widths = vec![6, 7, 8, 3];
    widths.extend([1; 31]);
    widths.push(3);
    Sheet {
        title: "サービス利用票（兼居宅サービス計画）".to_owned(),
        corner: "第６表".to_owned(),
        subtitle: "令和8年11月分".to_owned(),
        foot: format!("利用者控え　居宅介護支援事業所 あおぞら　No. {number:06}"),
        about: String::new(),
        orientation: Orientation::Landscape,
        blocks: vec![
            Block::Fields(person_fields(number)),
            Block::Table(Table {
                caption: "月間サービス計画及び実績の記録".to_owned(),
                shows_caption: true,
                widths,
                head: vec![Row { cells: top, strong: false }, Row { cells: weekdays, strong: false }],
                groups,
                small: true,
            }),
            Block::Signature(vec![
                "上記の計画について説明を受け、同意しました。　利用者氏名".to_owned(),
                "代筆者氏名".to_owned(),
            ]),
        ],
    }
}

fn person_fields(number: usize) -> Vec<Line> {
    vec![
        vec![
            Field::new("認定済・申請中", "認定済", 15),
            Field::new("保険者番号", "131001", 15),
            Field::new("保険者名", "千代田区", 15),
            Field::new("作成年月日", "令和8年10月25日", 15),
        ],
        vec![
            Field::new("被保険者番号", format!("{number:010}"), 15),
            Field::new("フリガナ", "ﾀｶﾊｼ ﾊﾅｺ", 15),
            Field::new("要介護状態区分", "要介護３", 15),
            Field::new("届出年月日", "令和8年10月26日", 15),
        ],
        vec![
            Field::new("生年月日", "昭和15年3月3日（86歳）", 15),
            Field::new("被保険者氏名", person(number), 15),
            Field::new("区分支給限度基準額", "27,048単位/月", 15),
            Field::new("限度額適用期間", "令和8年4月～令和10年3月", 15),
        ],
    ]
}

fn group(number: usize, service: usize) -> Vec<Row> {
    let (time, name, office) = SERVICES[(number + service) % SERVICES.len()];
    let both = |text: &str| Cell::new(text).rows(2);
    let mut plan = vec![both(time), both(name), both(office), Cell::head("予定")];
    let mut actual = vec![Cell::head("実績")];
    let mut planned = 0;
    let mut done = 0;
    for day in 1..=31 {
        let shaded = |cell: Cell| if day % 7 == 0 { cell.shaded() } else { cell };
        let mark = |yes: bool| Cell::new(if yes { "1" } else { "" }).align(Align::Middle);
        let plans = (day + service).is_multiple_of(3);
        let does = plans != (day == 17 && service.is_multiple_of(4));
        planned += usize::from(plans);
        done += usize::from(does);
        plan.push(shaded(mark(plans)));
        let cell = shaded(mark(does));
        actual.push(if plans == does { cell } else { cell.differs() });
    }
    plan.push(Cell::new(planned.to_string()).align(Align::End));
    actual.push(Cell::new(done.to_string()).align(Align::End));
    vec![Row { cells: plan, strong: false }, Row { cells: actual, strong: false }]
}

/// A table of amounts.
pub fn amounts(number: usize, services: usize) -> Sheet {
    let names = [
        "事業所名",
        "事業所番号",
        "サービス内容／種類",
        "サービスコード",
        "単位数",
        "割引後率%",
        "割引後単位数",
        "回数",
        "サービス単位／金額",
        "種類支給限度基準を超える単位数",
        "区分支給限度基準を超える単位数",
        "区分支給限度基準内単位数",
        "単位数単価",
        "費用総額（保険対象分）",
        "給付率%",
        "保険給付額",
        "利用者負担（保険対象分）",
    ];
    let widths = vec![7, 5, 7, 3, 3, 2, 3, 2, 4, 3, 3, 3, 3, 4, 2, 3, 3];
    assert_eq!(widths.iter().sum::<u16>(), SHARES);
    let mut groups: Vec<Vec<Row>> = (0..services)
        .map(|service| {
            let (_, name, office) = SERVICES[(number + service) % SERVICES.len()];
            let units = 200 + 37 * service;
            let texts = [
                office.to_owned(),
                "1370100123".to_owned(),
                name.to_owned(),
                "111211".to_owned(),
                units.to_string(),
                String::new(),
                String::new(),
                "10".to_owned(),
                format!("{},{:03}", units / 100, units % 1000),
                String::new(),
                "1,204".to_owned(),
                "27,048".to_owned(),
                "11.40".to_owned(),
                "308,347".to_owned(),
                "90".to_owned(),
                "277,512".to_owned(),
                "30,835".to_owned(),
            ];
            let cells = texts
                .into_iter()
                .enumerate()
                .map(|(at, text)| Cell::new(text).align(if at < 3 { Align::Start } else { Align::End }));
            vec![Row { cells: cells.collect(), strong: false }]
        })
        .collect();
    let mut total = vec![Cell::head("合計").columns(8)];
    total.extend((0..9).map(|at| Cell::new(format!("{at}{at},345")).align(Align::End)));
    groups.push(vec![Row { cells: total, strong: true }]);
    Sheet {
        title: "サービス利用票別表".to_owned(),
        corner: "第７表".to_owned(),
        subtitle: "令和8年11月分".to_owned(),
        foot: format!("利用者控え　居宅介護支援事業所 あおぞら　No. {number:06}"),
        about: String::new(),
        orientation: Orientation::Landscape,
        blocks: vec![
            Block::Fields(vec![vec![
                Field::new("被保険者番号", format!("{number:010}"), 20),
                Field::new("利用者氏名", person(number), 20),
                Field::new("作成年月日", "令和8年10月25日", 20),
            ]]),
            Block::Heading("区分支給限度管理・利用者負担計算".to_owned()),
            Block::Table(Table {
                caption: "区分支給限度管理・利用者負担計算".to_owned(),
                shows_caption: false,
                widths,
                head: vec![Row { cells: names.iter().map(|name| Cell::head(*name)).collect(), strong: false }],
                groups,
                small: true,
            }),
        ],
    }
}

/// A plan with long texts, the way of table 1 and 2.
pub fn plan(number: usize) -> Sheet {
    let long = "転倒せずにトイレまで歩き、毎日の入浴を続けたい。（夜間は不安なので、見守りがあると安心。）".repeat(3);
    let row = |strong: bool| Row {
        cells: vec![
            Cell::new(long.clone()).rows(1),
            Cell::new("自宅で安全に過ごす"),
            Cell::new("令和8年11月1日～令和9年4月30日"),
            Cell::new("手すりを使って10m歩く。\nWHO-DAS 2.0 を確認する。"),
            Cell::new("訪問介護"),
            Cell::new("週3回").align(Align::Middle),
        ],
        strong,
    };
    Sheet {
        title: "居宅サービス計画書（１）".to_owned(),
        corner: "第１表".to_owned(),
        subtitle: String::new(),
        foot: "居宅介護支援事業所 あおぞら".to_owned(),
        about: String::new(),
        orientation: Orientation::Portrait,
        blocks: vec![
            Block::Fields(vec![
                vec![Field::new("作成年月日", "令和8年10月25日", 30), Field::new("区分", "初回・紹介・継続", 30)],
                vec![
                    Field::new("利用者名", person(number), 20),
                    Field::new("生年月日", "昭和15年3月3日（86歳）", 20),
                    Field::new("住所", "東京都千代田区霞が関1-2-2 中央合同庁舎第5号館", 20),
                ],
                vec![Field::new("計画作成者氏名", "佐藤 次郎", 60)],
                vec![
                    Field::new("利用者及び家族の生活に対する意向を踏まえた課題分析の結果", long.repeat(2), 60).above(8),
                ],
                vec![Field::new("介護認定審査会の意見及びサービスの種類の指定", "", 60).above(3)],
                vec![Field::new("総合的な援助の方針", long.repeat(3), 60).above(8)],
            ]),
            Block::Heading("課題と目標".to_owned()),
            Block::Table(Table {
                caption: "課題".to_owned(),
                shows_caption: false,
                widths: vec![18, 9, 8, 12, 8, 5],
                head: vec![Row {
                    cells: ["生活全般の解決すべき課題（ニーズ）", "長期目標", "期間", "サービス内容", "種別", "頻度"]
                        .iter()
                        .map(|name| Cell::head(*name))
                        .collect(),
                    strong: false,
                }],
                groups: (0..6).map(|at| vec![row(false), row(at == 5)]).collect(),
                small: false,
            }),
            Block::Paragraph("改行のある\n文章。<script>alert(1)</script> 𠮷野家 | ～〜 ￥100 ﾊﾝｶｸ".to_owned()),
            Block::Signature(vec!["説明・同意日".to_owned(), "利用者同意".to_owned()]),
        ],
    }
}
