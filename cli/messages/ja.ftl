# Musubi のことば。文の約束:
# err-... は「何が起きたか・なぜか」、.hint は「次に何をするか」。
# cmd-... と arg-... は help に出る説明。value-... は入力する値の呼び名。

## 見出し

label-error = エラー
label-warning = 注意
label-hint = 対処
label-detail = 詳細
help-usage = 使い方
help-commands = コマンド
help-arguments = 引数
help-options = オプション
help-global = 共通のオプション
help-options-word = オプション
help-command-word = コマンド
help-possible = [選べる値: { $values }]
help-default = [指定しないとき: { $value }]
help-more = くわしい説明: { $command } <コマンド> --help

## 日時

time-day = { $year }年{ $month }月{ $day }日({ $weekday ->
    [1] 月
    [2] 火
    [3] 水
    [4] 木
    [5] 金
    [6] 土
   *[7] 日
 })
time-moment = { $date } { $hour }:{ $minute }

## 入力する値の呼び名

value-dir = フォルダ
value-file = ファイル
value-path = ファイルかフォルダ
value-lang = 言語
value-office = 事業所番号
value-application = 申請の番号
value-order = 指示の番号
value-ca = 鍵の名前
value-n = 番号
value-yen = 円
value-digits = 数字
value-format = 形式
value-form = 帳票
value-sheets = 表の種類
value-whom = 誰ごと
value-out = 書き込み先
value-kind = サービス種類
value-month = 年月
value-address = 宛先
value-name = 名前
value-mode = 方式
value-hex = 16進数
value-multiaddr = 通信先
value-socket = IP:ポート
value-wait = 状態
value-id = 番号
value-command = コマンド
value-opener = 種類
value-number = 通し番号
value-date = 日付
value-serial = 証明書番号
value-reason = 理由
value-bytes = バイト数
value-count = 数
value-place = ホスト名:ポート
value-proof = 証明
value-year = 年度
value-seconds = 秒

## 共通のオプション

arg-dir = データを置くフォルダ。指定しないときは環境変数 MUSUBI_DIR、それもなければこのパソコンの標準の場所
arg-passphrase-file = パスフレーズを1行目に書いたファイル。指定しないときは環境変数 MUSUBI_PASSPHRASE、それもなければ画面でたずねます
arg-json = 結果をプログラム向けに JSON 1行で出します
arg-lang = 画面の言語
arg-verbose = 動作の記録をくわしく表示します（-vv でさらにくわしく）
arg-help = この説明を表示します

## コマンドの説明

cmd = Musubi（むすび）: 介護事業所どうしで、ケアプランの文書を直接やりとりします
    .long =
        はじめての方は、順に次のコマンドを使います。
          musubi init      窓口の鍵を作る
          musubi request   利用証明書の申請ファイルを作る
          musubi install   届いた利用証明書を取り込む
          musubi run       このパソコンのMusubiを動かす
        試すだけなら musubi demo をどうぞ。実際の相手には何も送りません。
cmd-arg-version = 版の番号を表示します

cmd-init = 窓口（事業所の鍵）をこのパソコンに作ります
    .long =
        1つの事業所番号と、その窓口が受け持つサービス種類を登録します。もう一度実行すると、同じフォルダに事業所を追加できます。
        鍵はパスフレーズで守られます。復旧用紙は、パスフレーズを忘れたときに必要です。印刷して金庫などに保管してください。
          musubi init --office 1379900028 --kind 15 --kind 21 --name "みほん通所"
cmd-init-arg-office = 事業所番号（10文字）
cmd-init-arg-kind = この窓口が受け持つサービス種類（2文字）。複数あるときは繰り返します
cmd-init-arg-name = 事業所の名前。相手先と中央機関に表示されます
cmd-init-arg-mode = 起動のしかた。attended は人がパスフレーズを入れます。unattended はこのパソコンだけで起動します（ディスクを盗まれると守れません）
cmd-init-arg-machine-key = unattended で、このパソコンに鍵の保管機能がないときに使う鍵ファイル。データのフォルダの外に置きます
cmd-init-arg-recovery-out = 復旧用紙を画面に出さず、このファイルに書きます（既にあるファイルには書きません）

cmd-request = 利用証明書の申請ファイルを作ります
    .long =
        できたファイルを中央機関に送ってください。秘密の情報は入っていません。
          musubi request --out request.pem
cmd-request-arg-office = どの事業所の申請か（フォルダに事業所が複数あるとき）
cmd-request-arg-out = 申請ファイルの書き込み先

cmd-enrol = 中央機関の手紙の招待で参加します
    .long =
        招待に書かれた中央機関だけに番号を見せ、届いた利用証明書を取り込みます。
        通信が切れたときは、もう一度実行すれば続きから進みます。
          musubi enrol
cmd-enrol-arg-office = 事業所番号（フォルダに窓口がいくつもあるとき）
cmd-enrol-arg-invitation = 招待を書いたファイル、または標準入力を表す -。指定しないときは入力を求めます
cmd-enrol-arg-at = 中央機関につなぐ先（ホスト名:ポート）。招待に書かれていないとき
cmd-enrol-arg-replace = 失くした、または古いパソコンの入れ替え。その利用証明書の番号を指定すると、それは失効します
cmd-enrol-arg-machine-key = このパソコンに鍵の保管機能がないときに使う鍵ファイル（環境変数 MUSUBI_MACHINE_KEY でも指定できます）

cmd-install = 届いた利用証明書・失効リスト・信頼情報を取り込みます
    .long =
        ファイルの種類は中身で見分けます。Musubiが動いていても、止まっていても使えます。
        最初の1回は、中央機関の確認番号を表示して、信頼してよいかをたずねます。
          musubi install c.pem
cmd-install-arg-files = 取り込むファイル（順番は問いません）
cmd-install-arg-root-sha256 = 中央機関の確認番号（1つ目のルート証明書のSHA-256）。指定するとたずねません

cmd-run = このパソコンのMusubiを動かします
    .long =
        動かしている間、相手先との送受信ができます。止めるときは Ctrl+C を押します。
        通信先などの設定は、データのフォルダの musubi.toml にも書けます。
cmd-run-arg-listen = 待ち受ける場所（例 /ip4/0.0.0.0/tcp/47200）。複数あるときは繰り返します
cmd-run-arg-peer = 相手のMusubiの場所（例 /ip4/192.0.2.1/tcp/47200）。複数あるときは繰り返します
cmd-run-arg-api = このパソコンの中だけで使う窓口（例 127.0.0.1:0）
cmd-run-arg-until-stdin-ends = 標準入力が閉じられたときにも止まります（ほかのプログラムから動かすとき）

cmd-check = ケアプランデータ連携のファイルに、誤りがないかを調べます
    .long =
        フォルダを指定すると、中のファイルを探して、送信単位ごとに調べます。Musubiが動いていなくても使えます。
        誤りが残るときの終了コードは1、注意だけのときは0です。
          musubi check 提供票フォルダ
          musubi check 提供票フォルダ --fix 直したもの
cmd-check-arg-paths = 調べるファイルやフォルダ
cmd-check-arg-received = 届いたファイルとして調べます。読めないところだけを誤りとします
cmd-check-arg-fix = 直せるところを直した写しを、このフォルダに作ります。元のファイルは変えません。数字や日付には手を付けません

cmd-reconcile = 予定と実績を照らし合わせ、違いを利用者ごとに表示します
    .long =
        提供票（予定）と実績のファイルを、連番の順に読んで最後の状態どうしを比べます。同じフォルダを両方に指定できます。
        違いがあるときの終了コードは1、ないときは0です。
          musubi reconcile --plan 提供票フォルダ --actual 実績フォルダ --month 202511
          musubi reconcile --plan 提供票フォルダ --actual 実績フォルダ -o sheets.pdf
cmd-reconcile-arg-plan = 予定（提供票）のファイルやフォルダ。複数あるときは並べるか、繰り返します
cmd-reconcile-arg-actual = 実績のファイルやフォルダ。複数あるときは並べるか、繰り返します
cmd-reconcile-arg-month = この月だけを比べます（例 202511）
cmd-reconcile-arg-office = この事業所だけを表示します
cmd-reconcile-arg-sheets = 作る表。person、office: 違いと合計。rows: すべての行の対照表。telephone: 電話確認一覧。省略すると rows のほかを作ります
cmd-reconcile-arg-format = ファイルの形式。pdf: 印刷用（A4）。html: ブラウザ用。text: 文字
cmd-reconcile-arg-out = 同じ内容を表にして、このファイルに書き込みます

cmd-diff = ファイルの前の版と新しい版を比べ、変わったところを表示します
    .long =
        訂正されて届いた計画書や提供票の、どこが変わったかを調べるときに使います。連番が違っていても、同じ利用者の同じ書類どうしを比べます。
        変わったところがあるときの終了コードは1、ないときは0です。
          musubi diff 前回のフォルダ 今回のフォルダ
          musubi diff 前回のフォルダ 今回のフォルダ -o changes.pdf
cmd-diff-arg-old = 前の版のファイルやフォルダ
cmd-diff-arg-new = 新しい版のファイルやフォルダ
cmd-diff-arg-format = ファイルの形式。pdf: 印刷用（A4）。html: ブラウザ用。text: 文字
cmd-diff-arg-out = 同じ内容を表にして、このファイルに書き込みます

cmd-send = 提供票・計画書・実績のファイルを相手先に送ります
    .long =
        宛先はファイル名で決まります。フォルダを指定すると、中のファイルを送信単位ごとにまとめて送ります。
        問題のあるものは送らずに理由を表示し、ほかのものは送ります。
          musubi send 提供票フォルダ --wait delivered=60
        --to を付けると、PDFや画像などを添付として送ります。複数のファイルは1通にまとまります。
          musubi send --to 1379900010-11 アセスメント.pdf 写真.jpg --note "よろしくお願いします"
cmd-send-arg-paths = 送るファイルやフォルダ
cmd-send-arg-from = 送り主の宛先（例 1379900010-11）。このパソコンに窓口が複数あるとき
cmd-send-arg-to-kind = 相手のサービス種類。ファイル名に種類がない旧様式（V3）のとき
cmd-send-arg-wait = 相手に届くまで待ちます。delivered=60 なら60秒まで

cmd-inbox = 届いた文書の一覧を表示します
cmd-outbox = 送った文書の一覧を表示します

cmd-show = 文書1件の内容と確認（到着・開封・取り込み）を表示します
cmd-show-arg-id = 文書の番号。先頭の8文字以上
cmd-show-arg-wait = 相手に届く（delivered）か開封される（opened）まで待ってから表示します。opened=60 なら60秒まで

cmd-export = 届いた文書のファイルをフォルダに取り出します
    .long =
        ファイルは元の名前のまま書き込まれます。同じ名前で中身の違うファイルがあるときは、上書きせずに止まります。
        取り出すと、送り主に「開封」が伝わります。
          musubi export abcdefgh --to 取り込み用フォルダ
cmd-export-arg-id = 文書の番号。先頭の8文字以上
cmd-export-arg-to = 取り出し先のフォルダ

cmd-status = このパソコンのMusubiの状態を表示します
cmd-doctor = うまく動かないときに、原因を調べて対処を表示します

cmd-ping = 相手先につながるかを確かめます
cmd-ping-arg-address = 相手の宛先（例 1379900010-11）
cmd-partner = 取引先の一覧と、パソコンを替えた取引先の確認をします
cmd-partner-list = 取引先と、電話で照らし合わせるための照合番号を表示します
cmd-partner-confirm = パソコンを替えた取引先を、電話で確かめたと登録します
    .long =
        取引先のパソコンが替わると、なりすましを防ぐため、その相手あての書類は
        送らずに待ちます。電話で相手に照合番号を読み上げてもらって入力し、
        合っていれば、待っていた書類を送ります。確認しなくても、新しい
        利用証明書が公開記録に24時間載ったあと、自動で送ります。
          musubi partner confirm 1379900028
cmd-partner-confirm-arg-office = 取引先の事業所番号
cmd-partner-confirm-arg-number = 相手が読み上げた照合番号（20桁）。指定すると、質問しません
cmd-render = 書類を、見慣れた帳票の形でPDF・HTML・文字にします
    .long =
        計画書（第1〜3表）、利用票・提供票（第6・7表）、介護予防の書類を、
        国の様式にならった帳票にします。並べ方は手引きにあります。
          musubi render plans -o plans.pdf
          musubi render plans --for 1379900010-11 -o teikyohyo.pdf
          musubi render plans --month 202511 --each person -o print
cmd-render-arg-paths = 書類のファイルやフォルダ
cmd-render-arg-format = 形式。pdf: 印刷用（A4）。html: ブラウザ用。text: 画面用
cmd-render-arg-office = この事業所用の控え（届いた書類と、その月の自分のサービスだけ）
cmd-render-arg-person = この被保険者番号の利用者用の控え（確認欄付き）。番号が同じ人が二人いるときは「保険者番号-被保険者番号」
cmd-render-arg-month = この月だけ。月のない書類は除きます
cmd-render-arg-each = フォルダへ1つずつ作ります。partner: 相手先ごと。person: 利用者ごと
cmd-render-arg-forms = この帳票だけ。コンマで区切るか、繰り返して、複数を指定できます。basic: 利用者基本情報。support: 介護予防サービス・支援計画書
cmd-render-arg-reconciliation = 予定と実績の照合表と、電話確認一覧を付けます
cmd-render-arg-out = 書き込むファイル。--each を指定したときはフォルダ

cmd-handover = Musubiを使っていない相手に、FAXや国のシステムで渡すものを作ります
    .long =
        --fax は、送付状付きのPDFを1つ作ります。利用者ごとに用紙を分けます。
        --national は、国のケアプランデータ連携システムのクライアントに
        読み込ませるファイルを、決まりどおりの名前でフォルダに入れます。
          musubi handover plans --to 1379900010-11 --fax -o fax.pdf
          musubi handover plans --to 1379900010-11 --national -o okuru
cmd-handover-arg-paths = 書類のファイルやフォルダ
cmd-handover-arg-to = 渡す相手
cmd-handover-arg-fax = FAX用に、送付状付きのPDFを作ります
cmd-handover-arg-national = 国のシステムのクライアント用に、ファイルをそろえます
cmd-handover-arg-month = この月だけ。月のない書類は除きます
cmd-handover-arg-person = この被保険者番号の分だけ。番号が同じ人が二人いるときは「保険者番号-被保険者番号」
cmd-handover-arg-fax-number = 送付状に書く、相手のFAX番号
cmd-handover-arg-sender = 送付状に書く、送付元。省略すると、書類から分かる名前を書きます
cmd-handover-arg-contact = 送付状に書く、こちらの連絡先
cmd-handover-arg-out = 書き込むPDF、またはフォルダ
render-title-all = 帳票
render-title-office = 帳票（{ $name }）
render-title-person = 帳票（{ $name }）
render-progress = 帳票の作成
render-written = { $path } を作りました。
render-written-pages = { $path } を作りました（{ $pages } ページ）。
render-missing = 印刷用の書体にない文字を、四角で表しました。帳票の最後に一覧があります: { $characters }
handover-check = 送る前に、宛先の番号と、ほかの事業所の分が混ざっていないことを確かめてください。
handover-national = { $count } 個のファイルを { $path } に入れました。国のシステムのクライアントで、このフォルダを指定してください。
handover-people = 入っているもの：{ $people } 人分。
handover-contents = 入っているもの：{ $people } 人分、対象年月 { $months }。
warn-handover-contact = 送付状に、こちらの連絡先がありません。誤って届いたときに、相手が連絡できません。
    .hint = --contact で電話番号などを指定して、もう一度作ってください。
warn-handover-unnamed = 連番 { $serial } は、ファイル名にサービス種類がない古い版のため、入れませんでした。
    .hint = 介護ソフトから、今の版（V4.1）で書き出してください。
handover-refused = 連番 { $serial } は、このままでは送れないため、入れませんでした。
handover-finding = { $text }
err-render-out = 書き込む先がありません。
    .hint = -o でファイルの名前を指定してください。--each を指定したときは、フォルダの名前です。
err-render-nothing = 条件に合う書類がありません。
    .hint = --for、--person、--month、--form の値を確かめてください。
err-render-pdf = PDFを作れませんでした。
    .hint = --format html で作り、ブラウザから印刷してください。
warn-render-incomplete = 連番 { $serial } は、ファイルがそろっていません。足りない分は、空欄か、帳票そのものがないか、前の内容のままです。
    .hint = 足りないファイルを加えて、もう一度実行してください。
err-render-two = この被保険者番号の人が、別々の保険者にいます：{ $numbers }
    .hint = --person に「保険者番号-被保険者番号」を指定してください。
err-handover-incomplete = 連番 { $serial } は、ファイルがそろっていないため、作りませんでした。{ $missing }
    .hint = 足りないファイルを加えて、もう一度実行してください。このまま紙にするときは musubi render を使います。
err-handover-sender = 送付元が一つに決まりません：{ $offices }
    .hint = --sender で送付元を指定するか、送付元ごとのフォルダに分けてください。
err-handover-senders = 送付元の違うファイルが混ざっています：{ $offices }
    .hint = 送付元ごとのフォルダに分けて、一つずつ実行してください。
err-handover-inside = { $path } は、書類を読むフォルダの中です。
    .hint = -o には、別の場所の新しいフォルダを指定してください。
err-handover-folder = { $path } には、すでにファイルが入っていて、今回入れるものと同じではありません。クライアントがそれも送ってしまうため、何も入れませんでした。
    .hint = -o に、新しいフォルダを指定してください。
err-handover-none = { $office } あての書類はありますが、そのまま送れるものがありません。
    .hint = 上の理由を確かめ、直してから、もう一度実行してください。
err-handover-nothing = { $office } あての書類がありません。
    .hint = --to の値と、指定したフォルダを確かめてください。

cmd-key = 鍵を開く手段（パスフレーズ・このパソコン・復旧用紙）を管理します
    .long = 鍵を開く手段は、最低1つ必要です。すべて失うと、事業所の登録をやり直すことになります。
cmd-key-list = 鍵を開く手段の一覧を表示します
cmd-key-add = 鍵を開く手段を追加します
cmd-key-add-arg-opener = 追加する手段。passphrase（パスフレーズ）、machine（このパソコン）、recovery（復旧用紙）
cmd-key-add-arg-machine-key = machine で、このパソコンに鍵の保管機能がないときに使う鍵ファイル
cmd-key-add-arg-recovery-out = recovery で、復旧用紙を画面に出さず、このファイルに書きます
cmd-key-add-arg-new-passphrase-file = passphrase で、新しいパスフレーズを1行目に書いたファイル
cmd-key-remove = 鍵を開く手段を1つ取り消します
cmd-key-remove-arg-number = musubi key list に出る通し番号
cmd-key-change = パスフレーズを変更します
cmd-key-change-arg-new-passphrase-file = 新しいパスフレーズを1行目に書いたファイル。指定しないときは画面でたずねます

cmd-store = 保管庫が壊れたときの手当てをします
cmd-store-set-aside = 壊れた保管庫を、消さずに脇へ移します
    .long =
        壊れているときにだけ、保管庫（store）を同じフォルダの store.damaged-日時 に移します。
        読めない原因がディスクやネットワークにあるときは、移しません。
        保管庫には、窓口の鍵、利用証明書、送受信した文書と記録が入っています。
        バックアップがあれば、移す前にフォルダごと戻すことを先に考えてください。
cmd-store-set-aside-arg-even-if-readable = すべての記録が読めるときにも移します

cmd-authority = 中央機関の仕事: 利用証明書の発行と失効
cmd-authority-init = 中央機関の鍵を作ります
cmd-authority-init-arg-name = 中央機関の名前
cmd-authority-issue = 申請に対して利用証明書を発行します
    .long =
        日を指定しないと、利用中の期限のまま、期限が近ければ更新、利用がなければ今日から1年の利用証明書になります。
          musubi authority issue request.pem --until 2027-03-31 --out c.pem
cmd-authority-issue-arg-request = 事業所から届いた申請ファイル
cmd-authority-issue-arg-from = 利用開始日（例 2026-04-01）
cmd-authority-issue-arg-until = 利用期限（その日を含みます）
cmd-authority-issue-arg-out = 利用証明書の書き込み先
cmd-authority-revoke = 利用証明書を失効させます
    .long =
        事業所番号を指定すると、その事業所の有効な利用証明書をすべて失効させます。まちがえたときは musubi authority reinstate で新しい利用証明書を発行します。
          musubi authority revoke 1379900010 --reason keyCompromise
cmd-authority-revoke-arg-office = 失効させる事業所の番号
cmd-authority-revoke-arg-serial = 失効させる証明書1枚の番号（16進数）
cmd-authority-revoke-arg-reason = 失効の理由。keyCompromise 鍵が漏れた、superseded 新しい証明書に替えた、affiliationChanged 事業所が変わった、cessationOfOperation 廃止した、privilegeWithdrawn 利用をやめさせた、unspecified 理由なし
cmd-authority-revoke-arg-list = 1行に1つずつ事業所番号を書いたファイル。1時間に5事業所を超えると、もう1人の管理者の確認が必要です
cmd-authority-batch = フォルダの中の申請すべてに利用証明書を発行します
cmd-authority-batch-arg-requests = 申請のフォルダ
cmd-authority-batch-arg-out = 利用証明書の書き込み先のフォルダ（申請と同じ名前で書き込みます）
cmd-authority-batch-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-orders = もう1人の管理者の確認を待っている指示の一覧を表示します
cmd-authority-confirm = ほかの管理者の指示を確認して実行します
cmd-authority-confirm-arg-id = 指示の番号
cmd-authority-confirm-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-crl = 最新の失効リストをファイルに書きます
cmd-authority-crl-arg-out = 失効リストの書き込み先
cmd-authority-trust = 信頼情報をファイルに書きます
cmd-authority-trust-arg-out = 信頼情報の書き込み先
cmd-authority-list = 発行した利用証明書の一覧を表示します

cmd-authority-issue-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-revoke-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-reinstate = まちがえた失効を取り消します
    .long =
        同じ鍵に、元の利用期限で新しい利用証明書を発行します。事業所の操作は要りません。
          musubi authority reinstate 5d2c... --out c.pem
cmd-authority-reinstate-arg-serial = 失効させた証明書の番号（16進数）
cmd-authority-reinstate-arg-out = 利用証明書の書き込み先
cmd-authority-reinstate-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-policy = 利用料、無料期間、猶予日数の決まりを表示・公開します
    .long =
        --set でファイル（TOML）の内容を公開します。次の信頼情報といっしょに事業所に届きます。
          musubi authority policy --set policy.toml
cmd-authority-policy-arg-set = 公開する決まりのファイル
cmd-authority-policy-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-log = 公開記録と、記録にない利用証明書を使えなくする日を表示・公開します
    .long =
        その日からは、公開記録にあると示せない利用証明書は、どの事業所にも受け付けられません。60日以上先の日を指定します。
        一度公開した日は、動かせますが、なくせません。
          musubi authority log --required-from 2027-04-01
cmd-authority-log-arg-required-from = 公開記録にあることを必須にする日（日本時間の0時から）
cmd-authority-log-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-fees = 請求する利用料の一覧を表示します
cmd-authority-fees-arg-since = 利用を認めた日の最初の日
cmd-authority-fees-arg-until = 利用を認めた日の最後の日（その日を含みます）
cmd-authority-fees-arg-all = 無料のものも含めます
cmd-authority-fees-arg-out = 請求用CSVファイルの書き込み先
cmd-authority-audit = だれが何をしたかを表示し、書き換えがないことを確かめます
cmd-authority-proof = 事業所の参加証明を書き出し、QRコードを表示します
cmd-authority-proof-arg-office = 事業所番号
cmd-authority-proof-arg-out = 参加証明の書き込み先

cmd-proof = 参加や利用の証明
cmd-proof-membership = 参加の証明を受け取ります
    .long =
        中央機関から、この事業所が参加していることの証明を受け取り、ファイルに書いてQRコードを表示します。
        インターネットにつながらないときは、前に受け取った証明を使います（署名された日も表示します）。
          musubi proof membership --out sanka.pem
cmd-proof-membership-arg-office = 事業所番号（このパソコンに事業所が複数あるとき）
cmd-proof-membership-arg-out = 証明の書き込み先。指定しないときは musubi-membership-事業所番号.pem
cmd-proof-membership-arg-qr = QRコードを印刷用の画像（SVG）に書き出す先
cmd-proof-use = 利用の証明を作ります
    .long =
        処遇改善加算や補助金などのために、この年度にデータをやりとりした相手の事業所の数と月を証明します。
        相手の事業所それぞれに、やりとりした月だけを確認してもらいます。文書の中身や利用者のことは載りません。
        相手の事業所番号は、提出するファイルに載ります。相手にたずねる前に確認します。
          musubi proof use --fiscal-year 2026 --out riyou.pem
cmd-proof-use-arg-fiscal-year = 年度（4月から翌年3月まで）。指定しないときは今の年度
cmd-proof-use-arg-office = 事業所番号（このパソコンに事業所が複数あるとき）
cmd-proof-use-arg-out = 証明の書き込み先。指定しないときは musubi-use-事業所番号-年度.pem
cmd-proof-use-arg-qr = QRコードを印刷用の画像（SVG）に書き出す先
cmd-proof-use-arg-wait = つながっていない相手を待つ秒数（最長600秒）
cmd-proof-use-arg-yes = 確認の質問をしません。相手にたずね、相手の事業所番号をファイルに載せることに同意します
cmd-proof-verify = 証明を確かめます
    .long =
        インターネットは要りません。指定した失効リストの時点での判定です。
          musubi proof verify proof.pem --trust trust-bundle --trust crl.pem
cmd-proof-verify-arg-proof = 証明のファイル、QRコードの文字列（MUSUBI-PROOF:…）、または標準入力を表す -
cmd-proof-verify-arg-trust = 中央機関の信頼情報と失効リスト（何度でも指定できます）
cmd-proof-verify-arg-root-sha256 = 中央機関の確認番号。指定すると、別の機関のデータは受け付けません

cmd-authority-codes = 事業所に送る招待を作ります（手紙用）
    .long =
        事業所番号ごとに新しい番号を作り、前の番号は使えなくなります。番号は1回だけ、30日間使えます。
        番号はほかに保存されません。ファイルに書くか、画面から写してください。
          musubi authority codes --list offices.txt --at authority.example.jp:47300 --out letters.csv
cmd-authority-codes-arg-offices = 事業所番号
cmd-authority-codes-arg-list = 1行に1つずつ事業所番号を書いたファイル
cmd-authority-codes-arg-at = 事業所がこの中央機関につなぐ先（ホスト名:ポート）。招待に入ります
cmd-authority-codes-arg-out = CSVファイルの書き込み先
cmd-authority-codes-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-invitation = 番号の入っていない、公開用の招待を作ります
    .long =
        これで申請した事業所は、だれかが決定するまで待ちます（musubi authority applications）。
          musubi authority invitation --at authority.example.jp:47300
cmd-authority-invitation-arg-at = 事業所がこの中央機関につなぐ先（ホスト名:ポート）
cmd-authority-serve = 参加を申し込む事業所に応答します（止めるまで動きます）
    .long =
        動いているあいだも、ほかの画面から authority のコマンドを使えます。
          musubi authority serve --members /ip4/0.0.0.0/tcp/47301 --announce /dns/authority.example.jp/tcp/47301
cmd-authority-serve-arg-listen = 待ち受けるアドレス（TCP）
cmd-authority-serve-arg-members = すでに参加している事業所を待ち受けるアドレス。新しい失効リストなどをすぐに知らせます
cmd-authority-serve-arg-announce = 上のアドレスと違う場合に、事業所がつなぐ先
cmd-authority-applications = 申請して決定を待っている事業所の一覧を表示します
cmd-authority-applications-arg-all = 決定が済んだものも表示
cmd-authority-approve = 申請を承認します
    .long =
        事業所のMusubiが利用証明書を自動で受け取ります。自動で受け取れない事業所には --out で渡すファイルを書き出します。
          musubi authority approve 3f9a52c1
cmd-authority-approve-arg-id = 申請の番号（最初の8文字でもかまいません）
cmd-authority-approve-arg-from = 利用期間の最初の日（2026-04-01）
cmd-authority-approve-arg-until = 最後の日（その日を含みます）
cmd-authority-approve-arg-out = 利用証明書の書き込み先
cmd-authority-approve-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-decline = 申請を却下します
cmd-authority-decline-arg-id = 申請の番号（最初の8文字でもかまいません）
cmd-authority-decline-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-serve-arg-until-stdin-ends = 標準入力が終わったときも止まります（ほかのプログラムから起動するとき）

cmd-log = 中央機関の公開記録（発行と失効の記録）を確かめます
cmd-log-verify = 記録全体と、自分の事業所番号で他人に証明書が出ていないかを確かめます
cmd-log-verify-arg-evidence = 人から渡された、記録が二つある証拠のファイル
cmd-log-evidence = 中央機関の記録が二つある証拠を書き出します
    .long =
        書き出したファイルは、中央機関を信頼しているだれもが、自分のパソコンで確かめられます。
          musubi log evidence 証拠.pem
          musubi log verify --evidence 証拠.pem
cmd-log-evidence-arg-out = 証拠の書き込み先
cmd-log-known = ほかのパソコンにある自分の証明書だと登録します
cmd-log-known-arg-number = log verify に表示される発行番号

cmd-renew = 利用期限の更新について中央機関に確かめます
    .long =
        利用料が0円のあいだは自動で更新されます。利用料がかかるときは金額を表示し、同意するかどうかを尋ねます。
          musubi renew
cmd-renew-arg-office = 事業所番号。指定しないときは、このパソコンのすべての事業所
cmd-renew-arg-agree = この金額（円）までなら、尋ねずに同意します

cmd-demo = 見本の事業所3か所で、やりとりをひととおり実演します
    .long = このパソコンの中だけで動き、実際の相手には何も送りません。見本のデータを使います。
cmd-demo-arg-keep = 実演に使ったデータをこのフォルダに残します

cmd-bench = このパソコンでどれだけ速く届くかを測ります
    .long =
        このパソコンの中だけに事業所を2か所作り、書類と大きなファイルを送って測ります。実際の相手には何も送りません。
        数分かかり、その間は一時ファイルの場所に数ギガバイトの空きが要ります。
          musubi bench --compare
cmd-bench-arg-compare = rsync と ssh が入っていれば、同じファイルで比べます
cmd-bench-arg-large = 小さな書類と同時に送る大きなファイルを、500 MB でなく 2 GB にします
cmd-bench-arg-keep = 測定に使ったデータをこのフォルダに残します
cmd-bench-arg-documents = 1回に送る書類の数
cmd-bench-arg-size = 書類1件のバイト数
cmd-bench-arg-attachment = 添付のバイト数
cmd-bench-arg-rounds = それぞれの回数
cmd-bench-arg-singles = 1件ずつ送る書類の数
cmd-bench-arg-transfer = 大きなファイルのバイト数

cmd-help = 使い方の説明を表示します
cmd-help-arg-command = 説明を見たいコマンド

## 使い方の間違い

err-usage-unknown = 「{ $arg }」という指定はありません。
    .hint = つづりを確かめてください。
err-usage-subcommand = 「{ $name }」というコマンドはありません。
    .hint = つづりを確かめてください。
err-usage-no-subcommand = コマンドが指定されていません。
    .hint = 何をするかを、続けて入力してください。
err-usage-missing = 必要な指定が足りません: { $args }
    .hint = 足りないものを加えて、もう一度実行してください。
err-usage-no-value = 「{ $arg }」に値がありません。
    .hint = すぐ後ろに値を入力してください。
err-usage-value = 「{ $arg }」に「{ $value }」は使えません。
    .hint = 値を直して、もう一度実行してください。
err-usage-too-many = 「{ $arg }」の値が多すぎます: { $value }
    .hint = 余分な値を消してください。名前に空白があるときは、全体を " で囲みます。
err-usage-twice = 「{ $arg }」が2回指定されています。
    .hint = 1つだけ残してください。
err-usage-conflict = 「{ $arg }」と「{ $other }」は、一緒には使えません。
    .hint = どちらか1つにしてください。
err-usage-utf8 = 読めない文字が入力されています。
    .hint = ファイル名などに壊れた文字がないか確かめてください。
err-usage-other = コマンドの書き方が正しくありません。
    .hint = musubi help で使い方を確かめてください。
usage-meant = もしかして: { $names }
usage-values = 選べる値: { $values }
usage-usage = 書き方: { $usage }
usage-list-commands = コマンドの一覧は musubi help で見られます。

want-office = 事業所番号は10文字です。初めの2文字は数字、残りは数字か英大文字です（例 1379900010）。
want-kind = サービス種類は数字か英大文字の2文字です（例 11、43、A2）。
want-month = 年月は 202511 のように、西暦4桁と月2桁で書きます。
want-address = 宛先は、事業所番号とサービス種類を - でつなぎます（例 1379900010-11）。
want-peer = 通信先は /ip4/192.0.2.1/tcp/47200 または /ip4/192.0.2.1/udp/47200/quic-v1 のように書きます。
want-listen = 待ち受ける場所は /ip4/0.0.0.0/tcp/47200 のように、IPアドレスとポートで書きます。
want-api = IPアドレスとポートを 127.0.0.1:0 のように書きます（0 は空いているポート）。
want-loopback = このパソコンの中だけで使うため、127.0.0.1 か [::1] にしてください。
want-range = { $min } から { $max } までの数にしてください。
want-log-filter = error、warn、info、debug、trace のどれか、または「部分=細かさ」を , で並べます。
want-date = 日付は 2026-04-01 のように書きます。
want-sha256 = SHA-256 は16進数の64文字です。
want-serial = 証明書番号は16進数で書きます（例 0A1B2C）。musubi authority list で確かめられます。
want-key-number = 照合番号は数字20桁です（例 1234-5678-9012-3456-7890）。
want-message-id = 文書の番号は、a〜z と 2〜7 の8文字から52文字です。一覧に出ている番号の先頭を入れてください。
want-wait = delivered、または秒数をつけて delivered=60 と書きます。
want-wait-for-receipt = delivered か opened、または秒数をつけて opened=60 と書きます。
want-name = 名前は1文字から64文字です。改行などは使えません。
want-number = 数で書いてください。

## パスフレーズと質問

ask-yes-no = [はい: y / いいえ: n]
ask-new-passphrase = 新しいパスフレーズ（{ $min }文字以上、表示されません）:
ask-passphrase-again = もう一度:
passphrase-too-short = 短すぎます。{ $min }文字以上にしてください。つながりのない言葉を4つ並べると、覚えやすく安全です。
passphrase-unequal = 2回の入力が違います。もう一度入力してください。
warn-passphrase-short = パスフレーズが{ $min }文字より短く、推測されやすくなっています。
    .hint = musubi key change で、長いものに変えられます。
err-passphrase-missing = パスフレーズが必要ですが、画面でたずねることができません。
    .hint = --passphrase-file でファイルを指定するか、環境変数 MUSUBI_PASSPHRASE に入れてください（musubi key で決める新しいパスフレーズは --new-passphrase-file）。
err-passphrase-empty = パスフレーズが空です。
    .hint = もう一度実行して、パスフレーズを入力してください。
err-passphrase-file-empty = { $path } の1行目が空で、パスフレーズがありません。
    .hint = ファイルの1行目にパスフレーズを書いてください。
err-passphrase-attempts = パスフレーズが決まらなかったため、中止しました。何も変わっていません。
    .hint = もう一度実行してください。
err-cancelled = 入力の途中で終わったため、中止しました。何も変わっていません。
    .hint = 続けるときは、もう一度実行してください。

## ファイルとフォルダ

err-file-missing = { $path } が見つかりません。
    .hint = 場所と名前を確かめてください。
err-file-forbidden = { $path } を使う権限がありません。
    .hint = ファイルの持ち主で実行するか、権限を変えてください。
err-file-read = { $path } を読めません。
    .hint = ほかのソフトで開いていれば閉じ、ディスクの状態を確かめてください。
err-file-write = { $path } に書けません。
    .hint = フォルダがあるか、書き込みできるディスクかを確かめてください。
err-file-exists = { $path } は既にあります。安全のため上書きしません。
    .hint = 別の名前を指定するか、今のファイルを移してください。
err-disk-full = ディスクがいっぱいで、{ $path } に書けません。
    .hint = 不要なファイルを消して空きを作り、もう一度実行してください。
err-no-data-folder = データを置くフォルダが決まりません。このパソコンの標準の場所が分からないためです。
    .hint = --dir でフォルダを指定してください。

## 設定

err-settings = 設定ファイル { $path } の { $line } 行目に誤りがあります（{ $key }）。
    .hint = その行を直してから、もう一度実行してください。
err-settings-syntax = 設定ファイル { $path } の { $line } 行目が読めません。
    .hint = 引用符 " や括弧 [ ] の閉じ忘れ、同じ項目の重複がないか確かめてください。
err-settings-option = 指定した値が使えません（{ $key }）。
    .hint = コマンドの指定を直してください。
settings-unknown-key = この名前の項目はありません。
settings-unknown-key-meant = この名前の項目はありません。もしかして: { $meant }
settings-want-table = この名前はまとまりです。[api] のように角括弧の行を書き、次の行から項目を書きます。
settings-want-text = 文字は引用符 " で囲んで書きます。
settings-want-number = 0以上の数を、引用符なしで書きます。
settings-want-texts = 引用符で囲んだ文字を [ ] の中に並べます（例 ["/ip4/0.0.0.0/tcp/47200"]）。
err-log-filter = 記録の細かさ「{ $filter }」が使えません。
    .hint = info のような1語にしてください。

## 復旧用紙

sheet-title = Musubi 復旧用紙
sheet-owner = 持ち主: { $owner }
sheet-made = 作成: { $time }
sheet-purpose = パスフレーズを忘れたとき、またはパソコンを取り替えたときに、この用紙のコードで鍵を開くことができます。
sheet-keep = このコードを知っている人は、届いた文書を読めます。印刷して、金庫など鍵のかかる場所に保管してください。写真に撮ったり、メールで送ったりしないでください。印刷したら、ファイルは消してください。
sheet-check = 番号は組の番号です。各組の最後の1文字は、打ち間違いを見つけるための確認文字です。英字の I・L・O・U は使われていません。区切りの - は入力してもしなくてもかまいません。
sheet-use = 使い方: パスフレーズをたずねられたときに、代わりにこのコードを入力します。
sheet-written = 復旧用紙を { $path } に書きました。印刷して保管し、ファイルは消してください。
err-sheet-nowhere = 復旧用紙の出し先がありません。--json では画面に出せません。
    .hint = --recovery-out でファイルを指定してください。

## そのほか

err-internal = プログラムの内部で問題が起きました。入力の間違いではありません。
    .hint = もう一度実行しても同じなら、詳細の行を添えて問い合わせてください。

## 中央機関

ask-authority-passphrase = 中央機関のパスフレーズ:
authority-founded = 中央機関「{ $name }」を { $dir } に作りました。
authority-founded-next = この確認番号を、ファイルとは別の方法（電話や紙）で事業所に伝えてください。事業所は最初の取り込みのときに見くらべます。
authority-pin = 確認番号（1つ目のルート証明書のSHA-256）:
    { $pin }
authority-issued = { $office } { $name } の利用証明書を { $path } に書きました。利用期限は { $until } です。
authority-renewed = { $office } { $name } の利用証明書を更新し、{ $path } に書きました。利用期限は { $until } です。
authority-issued-anyway = 利用証明書の発行は済んでいます。同じ申請ファイルでもう一度発行すると、更新としてファイルができます。
authority-revoked = 失効させました: { $office } { $name }（証明書番号 { $serial }）
authority-revoked-next = 新しい失効リストが届いたところから効きます。中央機関が応答しているあいだは、つながっている事業所にはすぐに、ほかの事業所にも15分以内に届きます。手渡すときは musubi authority crl で書き出してください。
authority-crl-written = 最新の失効リストを { $path } に書きました。
authority-trust-written = 信頼情報を { $path } に書きました。
authority-list-empty = 発行した利用証明書はまだありません。
authority-column-office = 事業所番号
authority-column-kinds = サービス種類
authority-column-name = 名前
authority-column-until = 利用期限
authority-column-state = 状態
authority-column-serial = 証明書番号
authority-state-coming = 開始前
authority-state-valid = 有効
authority-state-renewed = 更新済み
authority-state-grace = 期限切れ（猶予中・送信可）
authority-state-ended = 期限切れ
authority-state-expired = 証明書の期限切れ
authority-state-revoked = 失効
authority-fee-due = この利用の料金は { $fee } 円です。
authority-policy-set = 決まりを信頼情報 { $number } 号で公開しました。musubi authority trust で書き出して配ってください。
authority-log-size = 公開記録: { $count } 件
authority-log-never = 公開記録になくても、利用証明書は使えます（必須にする日は決めていません）。
authority-log-required = { $day } から、公開記録にあると示せない利用証明書は受け付けられません。
authority-log-published = 信頼情報 { $number } 号で公開しました。事業所には自動で届きます。インターネットのない事業所には、musubi authority trust で書き出して配ってください。
authority-policy-none = 決まりは公開していません。利用料はなく、猶予は30日です。
authority-policy-waivers = 無料の期間:
authority-policy-column-from = 開始
authority-policy-column-until = 終了
authority-policy-column-fee = 料金
authority-policy-column-grace = 猶予
authority-policy-column-classes = 対象
authority-yen = { $fee } 円
authority-days = { $days } 日
authority-class =
    { $class ->
        [first_time] 初めて
        [current] 利用中
        [lapsed] 期限切れ
        [already_free] 無料で利用中
       *[other] { $class }
    }
authority-fees-none = 請求するものはありません。
authority-fees-written = 一覧を { $path } に書きました。
authority-fees-total = { $count } 件、合計 { $total } 円です。
authority-fees-column-granted = 認めた日
authority-audit-column-time = 日時
authority-audit-column-admin = 操作した人
authority-audit-column-deed = 操作
authority-audit-column-detail = 詳細
authority-audit-itself = （自動）
authority-audit-none = 操作の記録はまだありません。
authority-audit-whole = { $count } 件すべてそろっていて、書き換えはありません。
authority-audit-deed =
    { $deed ->
        [new_ca] 発行用の鍵を作成
        [policy] 決まりを公開
        [admin_added] 管理者を追加
        [admin_removed] 管理者を削除
        [opener_removed] 残っていたパスフレーズを削除
        [recovered] 事業所から読み戻し
        [bundle] ルートの信頼情報を取り込み
        [root_asked] ルートへの依頼を作成
        [log_required] 公開記録を必須にする日を公開
        [code] 招待の番号を作成
        [applied] 申請を受付
        [granted] 申請を承認
        [declined] 申請を却下
        [renewed] 事業所による更新
        [announced] 公開ノードを公開
        [ordered] 多数の失効を指示
        [confirmed] 2人目の管理者の確認により失効
        [issued] 利用証明書を発行
        [revoked] 利用証明書を失効
        [wrong_code] まちがった招待の番号
       *[other] { $deed }
    }
authority-proof-written = { $office } の参加証明を { $path } に書きました。QRコードも同じ内容です:
err-authority-exists = このフォルダには既に中央機関があります。
    .hint = 別のフォルダを --dir で指定してください。今ある中央機関はそのまま使えます。
err-authority-office = このフォルダは事業所のものです。中央機関は作れません。何も変えていません。
    .hint = 別のフォルダを --dir で指定してください。
err-authority-missing = このフォルダに中央機関はありません。
    .hint = --dir を確かめてください。新しく作るときは musubi authority init を使います。
err-authority-passphrase = このパスフレーズでは中央機関の鍵が開きません。
    .hint = もう一度入力するか、パスフレーズのファイルや環境変数を確かめてください。
err-authority-in-use = ほかのコマンドがこの中央機関を使っています。
    .hint = 終わるのを待って、もう一度実行してください。
err-authority-name = この名前は証明書に入れられません。
    .hint = 改行のない1～64文字にしてください。
err-authority-request = 申請ファイルを読めません。壊れているか、別の種類のファイルです。
    .hint = 事業所に musubi request で作り直してもらってください。
err-authority-not-one-request = このファイルの中身は、1件の申請ではありません。
    .hint = 事業所が musubi request で作ったファイルを指定してください。
err-authority-period-order = 利用期限が開始日より前になっています。
    .hint = --from か --until を直してください。
err-authority-period-past = 利用期限が過ぎています。
    .hint = --until で先の日付を指定してください。
err-authority-period-long = 利用期限は、今から3年先までです。
    .hint = --until でもっと早い日付を指定してください。
err-authority-date = 暦にない日付になります。
    .hint = --from か --until を直してください。
err-authority-overlap = サービス種類 { $kinds } は、この事業所の別の窓口（窓口 { $desk }）が有効な利用証明書を持っています。
    .hint = パソコンの入れ替えなら、先に古い利用証明書を失効させてください（理由は superseded）。証明書番号は musubi authority list に出ます。入れ替えでないときは、事業所に別のサービス種類で申請してもらってください。
err-authority-key-used = この申請の鍵は、別の事業所で既に使われています。
    .hint = 事業所に musubi init で窓口を作り直し、申請し直してもらってください。
err-authority-key-compromised = この申請の鍵は、他人の手に渡ったおそれがあるため失効しています。
    .hint = 事業所に musubi init で窓口を作り直し、申請し直してもらってください。
err-authority-desks = この事業所の窓口は、これ以上増やせません。
    .hint = 今ある窓口の利用証明書を更新してください。
err-authority-unknown = その利用証明書をここで発行した記録がありません。
    .hint = musubi authority list で確かめてください。--dir も確かめてください。
err-authority-nothing-to-revoke = 失効させるものがありません。すべて失効済みか、期限切れです。
    .hint = することはありません。まだ受け入れている事業所があれば、最新の失効リスト（musubi authority crl）を配ってください。
err-authority-clock = このパソコンの時計が遅れています。この中央機関は { $newest } に署名しています。
    .hint = 時計を合わせて、もう一度実行してください。
err-authority-too-new = この中央機関の記録は、新しい版のMusubiで書かれています。
    .hint = その版か、より新しい版を使ってください。
err-authority-damaged = 中央機関の記録が壊れています。
    .hint = 発行を止めて、控えからフォルダを戻してください。詳細の行を添えて相談してください。
err-authority-store = 中央機関の記録を読み書きできませんでした。
    .hint = ディスクに空きがあるか、書き込みの権限があるかを確かめてください。
err-authority-admin = 操作した人の名前がないか、記録できない名前です。
    .hint = --admin で名前を指定してください（1～64文字）。
err-authority-policy = このファイルの決まりは使えません。
    .hint = 詳細の行と、手引き（docs/operating.md）の例を確かめてください。猶予は30日までで、開始日は順に並べます。
err-authority-policy-date = { $date } は日付ではありません。
    .hint = 2026-04-01 のように、時刻を付けずに書いてください。
err-authority-proofs-soon = その日は早すぎます。何も変えていません。
    .hint = 事業所が準備できるよう、{ $day } より後の日を指定してください。
err-authority-policy-changed = 既に始まっている決まりが変わってしまいます。公開していません。
    .hint = 過去の決まりはそのままにして（musubi authority policy で見られます）、これから始まる決まりを書き足してください。
err-authority-not-revoked = この利用証明書は失効していません。
    .hint = musubi authority list で確かめてください。
err-authority-nothing-valid = この事業所に有効な利用証明書はありません。
    .hint = musubi authority list で確かめてください。
err-authority-nothing-to-replace = 入れ替える利用証明書が、この事業所の有効なものではありません。
    .hint = musubi authority list で確かめてください。
err-authority-too-early = 更新できるのは { $day } からです。
    .hint = それまですることはありません。
err-authority-no-application = その申請はないか、同じ始まりの申請がいくつもあります。
    .hint = 8文字以上で、区別できるところまで指定してください。
err-authority-already-granted = この申請は承認済みです。
    .hint = 取り消すときは、利用証明書を失効させてください。
err-authority-too-many-applications = 判断を待つ申請が多すぎます。
    .hint = 先にいくつか判断してください。

proof-member = { $office } { $name } は、データ連携に参加しています。参加 { $joined }、利用期限 { $until }。
proof-member-grace = 利用期限は過ぎていて、猶予期間中です。
proof-use = { $office } { $name } は、{ $year } 年度に { $partners } 事業所とケアプランのデータをやりとりしました。月: { $months }
proof-use-few = { $enough } 事業所に足りません。
proof-use-partners = それぞれが認めた相手の事業所: { $partners }
proof-use-short = このQRコードは、事業所が署名した件数です。相手の事業所の確認は、対になるファイルに入っています。
proof-month = { $month }月
proof-qr-wide = QRコードがこの画面の幅に収まらないため、表示していません（横 { $columns } 文字分が必要です）。画面を広げてもう一度実行するか、--qr で画像に書き出してください。
membership-signed = 中央機関が { $day } に署名した証明です。
membership-kept = 中央機関につながらないため、手元に保存してある証明を使いました。署名は { $day } です。新しい証明が要るときは、インターネットにつないでもう一度実行してください。
membership-kept-refused = 新しい証明を受け取れなかったため、手元に保存してある証明を使いました。署名は { $day } です。中央機関に問い合わせてください。
membership-written = 証明を { $path } に書きました。QRコードも同じ内容です。相手にはどちらかを見せてください。
use-plan = { $office } が { $year } 年度にデータをやりとりした相手は { $partners } 事業所です。月: { $months }
use-few = { $enough } 事業所に足りません。
use-names = 証明を作るには、それぞれの相手に「やりとりした月」の確認を求めます。相手の事業所番号は、都道府県などに提出するファイルに載ります。文書の中身、件数、利用者のことは載りません。
use-question = { $partners } 事業所に確認を求め、事業所番号をファイルに載せてよいですか？
use-not-asked = どの相手にもたずねていません。ファイルも作っていません。
use-asking = 相手の事業所に確認を求めています。つながっていない相手は { $seconds } 秒まで待ちます。
use-attested = { $office } が { $year } 年度にデータをやりとりしたことを、{ $partners } 事業所が認めました。月: { $months }
use-written = 証明を { $path } に書きました。提出するのはこのファイルです。
use-none = 認めた相手がまだないため、証明のファイルは作っていません。
use-qr = 次のQRコードは、このファイルと対になるものです。いっしょに見せてください。
use-not-connected = つながらなかった相手: { $offices }
    相手のパソコンでMusubiが動いているときでないと、確認できません。
use-not-admitted = つながったが、こちらの事業所を受け入れていない相手: { $offices }
    相手のMusubiが新しい情報を受け取ると、受け入れられることがあります。しばらく待ってください。続くときは、こちらで musubi doctor を実行してください。
use-nothing-there = やりとりの記録がないと答えた相手: { $offices }
    相手が文書を開くか、こちらに文書を送ると、認められるようになります。
use-busy = 今は答えられないと言っている相手: { $offices }
    10分ほど待ってください。
use-unfit = こちらの記録と合わない答えを返した相手: { $offices }
    相手の答えは使っていません。相手の事業所に、記録と時計を確かめてもらってください。
use-no-certificate = 利用証明書が使えない相手（失効など）: { $offices }
    相手が新しい利用証明書を受け取るまで、確認できません。
use-no-answer = 答えを返さなかった相手: { $offices }
    相手のMusubiが古いのかもしれません。新しくしてもらってください。
use-again = あとで同じコマンドをもう一度実行すると、残りの相手だけにたずねます。届いた確認は保存してあります。
proof-as-of = { $time } 時点の判定です。そのあとの失効はここでは分かりません。
proof-aged = 失効リストの期限が過ぎています。中央機関から新しいものを受け取ってください。
proof-authority = 次の確認番号の中央機関のデータで確かめました:
    { $pin }
authority-code = { $office } の招待（{ $until }まで）:
authority-codes-written = { $count } 件の招待を { $path } に書きました。
authority-codes-next = 招待を持つ人は、その事業所として1回だけ参加できます。その事業所だけに送り、ファイルは消してください。
authority-serving = 参加を申し込む事業所に応答しています。
authority-served = 応答を終わりました。
err-authority-own-number = 0000000000 は中央機関自身の番号で、事業所番号ではありません。
    .hint = 事業所番号を確かめてください。
authority-ordered = 1時間に5事業所を超えるため、{ $count } 事業所の失効はもう1人の管理者の確認を待っています。別の管理者が musubi authority confirm { $id } で確認してください。
authority-orders-none = 確認を待っている指示はありません。
authority-orders-column-id = 指示
authority-orders-next = 指示した人とは別の管理者が musubi authority confirm で確認してください。
authority-batch-refused = { $path }: 発行できません（{ $why }）
authority-batch-done = { $path } に { $count } 件の利用証明書を書きました。発行できなかった申請は { $refused } 件です。
err-authority-batch-same = 申請と同じフォルダには書き込めません（申請が上書きされます）。
    .hint = --out に別のフォルダを指定してください。
err-authority-no-order = その番号の指示は待っていません。
    .hint = musubi authority orders で確かめてください。指示は7日間待ちます。
err-authority-too-many-offices = 一度に失効できるのは1,000事業所までです。
    .hint = 一覧を分けてください。
err-authority-same-admin = この指示は自分で出したものです。
    .hint = 別の管理者が確認してください。
authority-invitation-next = 秘密は入っていないので公開できます。これで申請した事業所は、こちらの決定を待ちます。
authority-serving-members = 参加している事業所の待ち受け: { $address }
authority-applications-none = 決定を待っている申請はありません。
authority-applications-column-id = 申請
authority-applications-column-received = 受付
authority-applications-check-digit = (?) 事業所番号の検査数字が合いません。入力まちがいがないか、もう一度確かめてください。
authority-applications-next = musubi authority approve（承認）か decline（却下）に申請の番号を付けて決定してください。
authority-application-waiting = 決定待ち
authority-application-replaces = 決定待ち（パソコンの入れ替え）
authority-application-granted = 承認済み
authority-application-declined = 却下済み
authority-approved = { $office } { $name } を承認しました。利用証明書は事業所のMusubiが自動で受け取ります。
authority-declined = { $office } { $name } を却下しました。
log-whole = 公開記録は正しくそろっています（{ $count } 件、中央機関の署名 { $time }）。
log-none = 公開記録はまだありません。中央機関に問い合わせたときに届きます。
log-damaged = 保管している公開記録が中央機関の署名と合いません。もう一度取り寄せます。
log-fork = 中央機関が、内容の違う二つの公開記録に署名しています。両方の署名を証拠として保管しました。
log-fork-head = { $count } 件までの記録（署名 { $time }、{ $root }…）
log-fork-next = musubi log evidence で証拠を書き出し、取引先と中央機関に知らせてください。
log-evidence-written = 証拠を { $path } に書き出しました。受け取った人は musubi log verify --evidence で確かめられます。
log-doubt = { $address } が { $time } に送ってきた記録は、このパソコンにあるものと違う公開記録を示しています。
log-doubt-next = 相手の事業所に電話し、相手側でも musubi log verify を実行してもらってください。違いが続くときは中央機関に知らせてください。
log-missing = 中央機関の公開記録のうち { $count } 件が、{ $time } から届いていません。文書のやりとりはそのまま続けられます。
log-missing-next = インターネットにつながっているか確かめ、musubi renew で中央機関に問い合わせてください。何日も続くときは中央機関に知らせてください。
log-proof-soon = { $office } の利用証明書が公開記録にあることを、まだ示せません。{ $day } からは、示せないと取引先とつながらなくなります。
log-proof-lacking = { $office } の利用証明書が公開記録にあることを示せません。{ $day } から、示せない利用証明書は取引先に受け付けられません。
log-proof-next = インターネットにつなぎ、musubi renew で中央機関に問い合わせてください。つなげないときは、中央機関から利用証明書のファイルをもう一度受け取り、musubi install で取り込んでください。
log-foreign = { $office } の利用証明書が { $time } に発行されましたが、このパソコンでは申請していません（発行番号 { $number }）。
log-foreign-next = 自分の事業所の別のパソコンなら、musubi log known に発行番号を付けて登録してください。心当たりがなければ、すぐに中央機関へ連絡してください。他人があなたになりすましているおそれがあります。
status-foreign = このパソコンで申請していない利用証明書が、自分の事業所番号で { $count } 件発行されています。musubi log verify で確かめてください。
new-key = { $name }（{ $address }）のパソコンが替わったようです。なりすましを防ぐため、相手の事業所に間違いないと分かるまで、この相手あての書類は送らずに待ちます。
new-key-time = { $time } を過ぎると自動で送ります。急ぐときは、電話で確かめてから musubi partner confirm { $office } を実行してください。
new-key-news = 24時間は過ぎましたが、それより新しい知らせが中央機関から届いていません。インターネット接続とパソコンの時計を確かめてください。急ぐときは、電話で確かめてから musubi partner confirm { $office } を実行してください。
new-key-leaf = 相手の新しい利用証明書が、公開記録でまだ確かめられていません。確かめられ、24時間たつと自動で送ります。急ぐときは、電話で確かめてから musubi partner confirm { $office } を実行してください。
new-key-log = このパソコンには公開記録が届いていないため、自動では送られません。電話で確かめてから musubi partner confirm { $office } を実行するか、インターネットにつないでください。
partner-none = まだ取引先はありません。
partner-connected = 接続中
partner-away = 接続していません
partner-revoked = 失効
partner-new-key = 確認を待っています
partner-own-numbers = こちらの照合番号（パソコンを替えたあと、取引先から電話で聞かれたら読み上げてください）:
partner-own-number = { $office }（{ $kinds }）  { $number }
partner-call = { $name }（{ $addresses }）へ、前から知っている電話番号で電話してください。相手のパソコンで musubi partner list を実行してもらい、「こちらの照合番号」にある、この事業所番号の番号を読み上げてもらってください。メールやFAXで届いた番号では確かめたことになりません。
partner-question = 相手が読み上げた番号（20桁。やめるときはEnterだけ）
partner-confirmed = { $name }（{ $address }）に間違いないと確かめました。待っていた書類を送ります。
partner-not-confirmed = 確認をやめました。書類は待ったままです。相手が「パソコンを替えていない」と言ったら、なりすましのおそれがあります。相手から中央機関へ、すぐに連絡してもらってください。
err-partner-no-new-key = { $office } には、確認を待っている鍵はありません。もう確認が済んだのかもしれません。
    .hint = musubi partner list で、取引先の状態を確かめてください。
err-partner-number = 番号が違います。{ $office } の新しい鍵の照合番号ではありません。書類は待ったままです。
    .hint = もう一度読み上げてもらってください。それでも違うときや、相手が「パソコンを替えていない」と言ったときは、なりすましのおそれがあります。相手から中央機関へ、すぐに連絡してもらってください。
err-partner-unanswered = 相手が読み上げた番号を入力する必要があります。
    .hint = 画面の前で実行するか、--number で番号を指定してください。
doctor-foreign = このパソコンで申請していない利用証明書が、自分の事業所番号で { $count } 件発行されています。
doctor-do-foreign = musubi log verify で確かめてください。
doctor-log = 中央機関の公開記録に、自分の事業所番号で心当たりのない利用証明書はありません。
renew-fee = { $office } の利用期限は { $until } です。次の1年の利用料は { $fee } 円です。
renew-question = 次の1年の利用料 { $fee } 円に同意しますか？
renew-due = { $office }: 次の1年の利用料は { $fee } 円です。musubi renew で同意してください。
renew-refused = { $office }: 中央機関が更新を認めませんでした。中央機関に問い合わせてください。
renew-done = { $office }: 利用期限は { $until } まで更新されました。
renew-nothing = { $office }: 利用期限は { $until } です。今することはありません。
renew-no-certificate = { $office }: 利用証明書がまだありません。
err-log-evidence = このファイルは、中央機関の記録が二つある証拠になりません。
    .hint = ファイルの一部だけになっていないか、ほかの中央機関のものでないかを確かめてください。
err-log-no-evidence = 書き出す証拠はありません。
    .hint = musubi log verify で、公開記録のようすを確かめられます。
err-log-number = log verify に、その発行番号の証明書はありません。
    .hint = musubi log verify で発行番号を確かめてください。
err-renew-no-desk = この事業所はこのパソコンに設定されていません。
    .hint = musubi status で事業所番号を確かめてください。
err-authority-listen = 通信を始められませんでした。
    .hint = 詳細の行を見てください。ほかのプログラムがこのポートを使っているときは、--listen で別のアドレスを指定してください。
err-authority-list-line = 「{ $line }」は事業所番号ではありません。
    .hint = 1行に1つずつ、10文字の事業所番号を書いてください。招待は作っていません。
err-authority-no-office = 事業所の指定がありません。
    .hint = 事業所番号か、--list でファイルを指定してください。
want-place = つなぐ先は ホスト名:ポート の形です（例 authority.example.jp:47300）。
want-listen-tcp = 参加の受付はTCPのアドレスです（例 /ip4/0.0.0.0/tcp/47300）。
ask-invitation = 手紙の招待（区切りの文字と @ のあとまで）:
enrol-applying = { $office } の参加を中央機関に申し込んでいます…
enrol-waiting = 中央機関の担当者の判断を待っています。このまま待つか、いったん止めて、あとで同じコマンドを実行してください。
enrol-done = { $office } が参加しました。利用証明書を取り込みました。
enrol-replaced = 取引先は、なりすましを防ぐため、待っている書類をすぐには送らず、公開記録に24時間載ってから送ります。急ぐ取引先には電話をかけ、この照合番号を読み上げてください: { $number }
err-invitation-length = 招待の文字が { $found } 文字です。{ $meant } 文字あるはずです。
    .hint = 手紙の5文字ずつ10組をすべて入力してください。
err-invitation-group = 招待の { $at } 組目に打ちまちがいがあります。
    .hint = { $at } 組目を手紙と見くらべてください。
err-invitation-place = @ のあとが、つなぐ先の形ではありません。
    .hint = 手紙のとおりに入力してください（例 authority.example.jp:47300）。
err-enrol-no-invitation = 招待がありません。
    .hint = --invitation でファイルを指定してください。
err-enrol-no-place = 招待に、中央機関につなぐ先が書かれていません。
    .hint = 手紙に書かれた先を --at で指定してください。
err-enrol-unreachable = 中央機関につながりません。
    .hint = インターネットにつながっているかを確かめて、同じコマンドをもう一度実行してください。
err-enrol-impostor = つながった先は、この招待の中央機関ではありません。番号は送っていません。
    .hint = 先に進まないでください。つなぐ先を手紙と見くらべ、中央機関に電話してください。
err-enrol-busy = 中央機関が混み合っています。
    .hint = { $minutes } 分たってから、同じコマンドを実行してください。
err-enrol-code = 番号がこの事業所番号のものではないか、使えなくなっています。
    .hint = 手紙と事業所番号を確かめてください。番号は30日間で、新しい手紙が届くと前の番号は使えません。5回まちがえると、その日は試せません。
err-enrol-code-used = この招待は、別のパソコンか別のサービス種類で使われています。
    .hint = 心当たりがなければ、すぐに中央機関に電話してください。そうでなければ、新しい招待を頼んでください。
err-enrol-locked = この事業所番号では、今日はまちがった番号が多すぎました。
    .hint = 明日もう一度試すか、中央機関に電話してください。
err-enrol-overlap = この事業所の別のパソコンが、同じサービス種類の利用証明書を持っています。
    .hint = 入れ替えなら、その証明書の番号を --replace で指定してください。そうでなければ、別のサービス種類で窓口を作ってください。
err-enrol-key = このパソコンの鍵は、この事業所番号では使えません。
    .hint = 別のフォルダに musubi init で窓口を作り直し、もう一度参加してください。
err-enrol-replaces = --replace の証明書が、この事業所の有効なものではありません。
    .hint = 証明書の番号を中央機関に確かめてください。
err-enrol-declined = 中央機関がこの申し込みを却下しました。
    .hint = 中央機関に電話してください。
err-enrol-refused = 中央機関がこの申し込みを受け付けませんでした。
    .hint = 中央機関に電話してください。
err-enrol-answer = 中央機関の返事を使えませんでした。
    .hint = 同じコマンドをもう一度実行してください。続くときは、Musubiを新しくして中央機関に電話してください。
err-proof-malformed = 証明ではないか、途中で壊れています。
    .hint = 事業所からファイルを受け取り直すか、QRコードを読み直してください。
err-proof-unknown-issuer = 別の機関の証明か、指定した信頼情報より新しい証明です。
    .hint = 中央機関から最新の信頼情報を受け取ってください。それでも同じなら、この中央機関の証明ではありません。
err-proof-forged = 署名が合いません。偽造か、書き換えられた証明です。
    .hint = 受け付けないでください。事業所に作り直してもらい、中央機関に知らせてください。
err-proof-mixed = 証明の中身どうしが合いません。
    .hint = 受け付けないでください。事業所に作り直してもらってください。
err-proof-ended = この事業所の利用期限は { $day } で、猶予期間も過ぎています。
    .hint = 更新したかを事業所に尋ね、新しい証明をもらってください。
err-proof-not-yet = この事業所の利用は { $day } からです。
    .hint = その日より後に、もう一度確かめてください。
err-proof-revoked =
    この証明のもとの利用証明書は { $day } に失効しています（{ $reason ->
        [keyCompromise] 鍵が漏れたおそれ
        [superseded] 新しい証明書に替えた
        [affiliationChanged] 事業所が変わった
        [cessationOfOperation] 廃止
        [privilegeWithdrawn] 利用をやめさせた
       *[other] 理由の記載なし
    }）。
    .hint = 受け付けないでください。新しい利用証明書があれば、事業所が証明を作り直せます。
err-proof-ahead = この証明の署名の日付が { $day } で、まだ来ていない日です。
    .hint = このパソコンの時計を確かめてください。時計が正しければ、受け付けないでください。
err-proof-issuer = この証明のもとの中央機関の鍵が、失効しているか有効ではありません。
    .hint = 受け付けないでください。事業所に作り直してもらい、分からないときは中央機関に尋ねてください。
err-proof-certificate = この証明のもとの利用証明書は、署名のときに有効ではありませんでした。
    .hint = 受け付けないでください。事業所に作り直してもらってください。
err-proof-old-data = この証明を確かめられる、新しい失効リストがありません。
    .hint = 中央機関の最新の失効リスト（crl.pem）を --trust で指定してください。
err-proof-trust = { $path } は中央機関のファイルではありません。
    .hint = 中央機関が配った信頼情報と失効リストをそのまま指定してください。
err-proof-bundle = 信頼情報が使えないか、別の機関のものです。
    .hint = 中央機関から受け取り直し、確認番号を見くらべてください。
err-proof-no-certificate = 事業所 { $office } には、今使える利用証明書がありません。
    .hint = musubi status で利用証明書を確かめてください。失効や期限切れのときは、中央機関に問い合わせてください。
err-proof-old-lists = このパソコンにある失効リストが古く、作った証明を確かめられません。
    .hint = インターネットにつないで musubi renew を実行してから、もう一度どうぞ。
err-membership-unreachable = 中央機関につながらず、手元にも使える参加の証明がありません。
    .hint = インターネットにつながっているかを確かめて、もう一度実行してください。つながらない場所で見せる予定があるときは、前もって一度実行しておくと保存されます。急ぐときは、中央機関に電話して証明のファイルを送ってもらえます。
err-membership-refused = 中央機関が参加の証明を出しませんでした。手元にも使える証明がありません。
    .hint = musubi status で利用期限とこのパソコンの時計を確かめ、中央機関に問い合わせてください。
err-membership-licence = 利用期限が過ぎているか、まだ始まっていないため、参加を証明できません。
    .hint = musubi renew で更新できるかを確かめてください。更新したら、もう一度どうぞ。
err-membership-unfit = 受け取った参加の証明が、このパソコンの信頼情報と合いません。保存していません。
    .hint = musubi renew を実行してから、もう一度どうぞ。同じなら、中央機関に電話してください。
err-use-nothing = { $year } 年度には、証明できるやりとりの記録がありません。
    .hint = 送った文書が相手に届いているか、届いた文書を開いていると、数えられます。年度は --fiscal-year で指定できます。
err-use-year = { $year } 年度は、まだ始まっていないか、正しい年度ではありません。
    .hint = 4月から翌年3月までを1年度として、始まる年を4けたで指定してください。指定しないときは今の年度です。
err-use-not-agreed = 相手の事業所番号をファイルに載せることに、同意の返事がありません。どの相手にもたずねていません。
    .hint = 画面で確認するか、同意できるときは --yes をつけて実行してください。
err-proof-no-bundle = 信頼情報が指定されていません。
    .hint = 中央機関の信頼情報を --trust で指定してください。

## ===== 事業所のコマンド（init から key まで） =====

cmd-send-arg-older = 同じ書類を新しい連番で送ったあとでも、古い連番のものを送ります
cmd-run-arg-machine-key = このパソコンに鍵の保管機能がないときに使う鍵ファイル（環境変数 MUSUBI_MACHINE_KEY でも指定できます）
cmd-request-arg-machine-key = このパソコンに鍵の保管機能がないときに使う鍵ファイル（環境変数 MUSUBI_MACHINE_KEY でも指定できます）

ask-passphrase = 鍵のパスフレーズ（表示されません）:
ask-old-passphrase = 今のパスフレーズ、または復旧用紙のコード（表示されません）:

column-id = 番号
column-came = 届いた日時
column-sent = 送った日時
column-from = 差出人
column-to = 宛先
column-what = 内容
column-state = 状態
column-serial = 連番
column-office = 事業所番号
column-kinds = サービス種類
column-name = 名前
column-address = 宛先
column-certificate = 利用証明書
column-number = 通し番号
column-opener = 鍵を開く手段
column-opens = 開けるもの

## 文書の種類と状態

bundle-b1 = 計画書（第1〜3表）
bundle-b2 = 提供票
bundle-b3 = 計画書の削除
bundle-b4 = 提供票の削除
bundle-b5 = 実績
bundle-b6 = 実績の削除
bundle-y1 = 利用者基本情報（予防）
bundle-y2 = 計画書と利用者基本情報（予防）
bundle-y3 = 計画書（予防）
bundle-y4 = 提供票（予防）
bundle-y5 = 利用者基本情報の削除（予防）
bundle-y6 = 計画書の削除（予防）
bundle-y7 = 提供票の削除（予防）
bundle-y8 = 実績（予防）
bundle-y9 = 実績の削除（予防）
bundle-unknown = 不明（まだ開けません）
bundle-none = 送信単位になっていないファイル
bundle-of-month = { $bundle }（{ $year }年{ $month }月分）

state-checked = 確認ずみ
state-sealed = 送信待ち
state-waiting = 待機
state-held = 保留
state-delivered = 到着
state-opened = 開封
state-imported = 取り込み
state-rejected = 差し戻し
state-cancelled = 取り消し
state-expired = 期限切れ（受け取られませんでした）
state-lost = 失われました（以前このパソコンに届いたものです。送り主にもう一度送ってもらってください）
state-refused = 送れません
state-new = 新着
state-taken-out = 取り出しずみ
state-already-sent = { $state }（前に送ったものと同じ）
state-with-why = { $state }（{ $why }）
why-no-key = 相手の鍵をまだ受け取っていません
why-new-key = 相手のパソコンが替わったので、確認を待っています
why-not-connected = 相手につながりません
why-refused = 相手のMusubiに断られています
why-revoked = 相手の利用証明書が失効しています
why-stopped = 相手が受け取りを止めています
why-own-certificate = こちらの利用証明書が使えません
by-node = 相手のMusubi
by-own-node = このパソコンのMusubi
by-person = 人の操作
by-folder = フォルダ
by-api = コマンドか介護ソフト
receipt-line = { $at }  { $kind }（{ $by }）
finding-file = { $file }: {""}
finding-row = { $file } の { $row } 行目: {""}

## init と request

init-done = 窓口を作りました: { $name } { $office }（サービス種類 { $kinds }）
init-place = 置き場所: { $path }
init-more = このフォルダの窓口は { $desks } つになりました。鍵を開く手段は、はじめの窓口と同じです。
init-attended = Musubiを動かすときに、パスフレーズを入れます。
init-unattended = Musubiは、このパソコンだけで起動できます。安全さはディスクの暗号化と同じ程度です。
init-next = 次は、利用証明書の申請ファイルを作ります:
err-init-authority = このフォルダは中央機関のものです。事業所の窓口は作れません。何も変えていません。
    .hint = 別のフォルダを --dir で指定してください。
init-sheet-again = 鍵はできています。復旧用紙は musubi key add recovery で作り直せます。
warn-init-mode = 起動のしかたは、フォルダを作ったときに決まります。attended のままです。
    .hint = このパソコンだけで起動したいときは musubi key add machine を使います。
request-done = { $office } の申請ファイルを { $path } に書きました。
request-next = 中央機関に送ってください。利用証明書が届いたら musubi install で取り込みます。

## install

install-certificate = { $office } の利用証明書: { $outcome ->
    [installed] 取り込みました
    [known] 既に入っています
   *[other] { $outcome }
 }
install-ca = 発行元の証明書: { $outcome ->
    [known] 信頼情報と一致しました
   *[other] この中央機関のものではないため、使いません
 }
install-crl = 失効リスト { $number } 号: { $outcome ->
    [installed] 取り込みました
    [known] 既に入っています
    [older] もっと新しいものが入っているため、使いません
   *[other] { $outcome }
 }
install-trust-bundle = 信頼情報 { $number } 号: { $outcome ->
    [installed] 取り込みました
    [known] 既に入っています
    [older] もっと新しいものが入っているため、使いません
   *[other] { $outcome }
 }
install-log-head = 発行記録の署名（{ $number } 件まで）: { $outcome ->
    [installed] 取り込みました
    [known] 既に入っています
   *[other] この中央機関のものではないため、使いません
 }
install-log-proof = 利用証明書が公開記録にある証明: { $outcome ->
    [installed] 取り込みました
   *[other] このパソコンの利用証明書のものではないため、使いません
 }
install-request = これは申請ファイルです。中央機関に送るもので、取り込むものではありません。
install-other = 使わないもの（{ $kind }）が入っていました。
install-pinned = この中央機関を信頼する相手として登録しました。確認番号:
    { $fingerprint }
install-root = はじめての取り込みです。中央機関の確認番号:
    { $fingerprint }
    中央機関が公表している確認番号（電話や紙で伝えられたもの）と、必ず見比べてください。
install-question = 同じですか。この中央機関を信頼する相手として登録しますか。
install-nothing = 何も取り込んでいません。確認番号が違うときは、中央機関へ連絡してください。
install-next = 次は Musubiを動かします:
err-install-unreadable = { $file } は、利用証明書でも失効リストでも信頼情報でもありません。何も取り込んでいません。
    .hint = 中央機関から届いたファイルを、そのまま指定してください。メールの添付は開かずに保存します。
err-install-bundle = 信頼情報の署名が正しくありません。何も取り込んでいません。
    .hint = 中央機関から、もう一度ファイルを受け取ってください。
err-install-pin = 中央機関の確認番号が違います。何も取り込んでいません。ファイルの確認番号:
    { $found }
    .hint = 指定した番号の打ち間違いでなければ、偽のファイルかもしれません。中央機関に電話で確かめてください。
err-install-no-trust = まだ信頼情報がないため、判断できません。何も取り込んでいません。
    .hint = 中央機関から届いた利用証明書のファイル（c.pem）か、信頼情報のファイルを一緒に指定してください。
err-install-crl = 失効リストが正しくありません。何も取り込んでいません。
    .hint = 中央機関から、もう一度ファイルを受け取ってください。
err-install-alarm = 同じ号数で中身の違うものが届きました。偽のファイルか、中央機関の事故の疑いがあります。何も取り込んでいません。
    .hint = ファイルを消さずに残し、中央機関に連絡してください。
err-install-no-request = { $office } の利用証明書ですが、このフォルダで作った申請とは合いません。何も取り込んでいません。
    .hint = 申請を作ったパソコンとフォルダ（--dir）で実行してください。窓口を作り直したときは、申請からやり直します。
err-install-certificate = 利用証明書が正しくないか、期限が切れているか、失効しています。何も取り込んでいません。
    .hint = 中央機関に問い合わせてください。

## run

run-ready = Musubiが動き始めました（{ $path }）。文書を送受信できます。
run-no-trust = 利用証明書がまだないため、相手先とはつながりません。届いたら musubi install で取り込んでください。
run-listen = 待ち受け: { $address }
run-how-to-stop = 止めるときは Ctrl+C を押します。
run-tidying = 保管庫を小さく整理しています。終わると動き始めます...
run-stopping = 止めています（10秒以内に終わります）...
run-stopped = 止まりました。
err-run-already = このフォルダのMusubiは既に動いているか、ほかのコマンドが使っています。
    .hint = 動いているMusubiをそのまま使ってください。状態は musubi status で見られます。
err-run-listen = 待ち受けの場所を使えないため、始められませんでした。
    .hint = ほかのソフトが同じポートを使っていないか確かめ、--listen か musubi.toml の network.listen を変えてください。
err-run-api = このパソコンの中の窓口 { $address } を使えないため、始められませんでした。
    .hint = ほかのソフトが同じポートを使っていないか確かめるか、--api 127.0.0.1:0 を指定してください。
err-run-stopped = Musubiが自分で止まりました。ディスクに書けなくなったか、内部で問題が起きました。
    .hint = 上の記録とディスクの空きを確かめ、もう一度 musubi run で動かしてください。届いた文書は失われていません。

## check、reconcile、diff

exchange-progress = 読み込み
exchange-passed-over = ケアプランデータ連携のファイルではないため、飛ばしました: { $path }
exchange-passed-over-more = ほかに { $count } 件を、同じ理由で飛ばしました。
exchange-left-out = 使わなかった行があります（{ $count } 行）。同じ書類の後の行が優先されるか、本体の行がないためです。
warn-exchange-unread = 読めないものがあり、結果に入っていません（ファイル { $files } 件、行 { $rows } 行）。
    .hint = musubi check --received に同じファイルを指定すると、場所と理由が分かります。
warn-exchange-conflicts = 同じ連番で中身の違う書類があります（{ $count } 件）。先に読んだ方を使いました。
    .hint = どちらが正しいかを送り主に確かめ、正しい方だけを残してください。
err-exchange-two = 同じ名前で中身の違うファイルがあります: { $file } と { $other }
    .hint = どちらが正しいか確かめ、正しいほうだけを残して、もう一度実行してください。
err-exchange-nothing = ケアプランデータ連携のファイルが見つかりません。
    .hint = 介護ソフトが書き出したファイル（.CSV）か、その入ったフォルダを指定してください。
exchange-month = { $year }年{ $month }月
exchange-date = { $month }{ $day }日
exchange-kind = サービス種類 { $kind }
exchange-person = { $name }（{ $number }）
exchange-person-unnamed = 被保険者番号 { $number }
exchange-separator = 、

check-progress = 確認
check-unit = ■ { $what }（{ $people } 人・{ $rows } 行）
check-unit-ends = { $from } → { $to }  連番 { $serial }
check-alone = ■ 送信単位に入らないファイル（{ $count } 件）
check-column-rule = 種類
check-column-place = 場所
check-column-what = 内容と対処
check-error = 誤り
check-warning = 注意
check-info = 参考
check-repaired = 直しました
check-row-separator = ・
check-rows = { $more ->
    [0] { $rows } 行目
   *[other] { $rows } 行目 ほか { $more } 行
 }
check-place-column = { $number } 列目 { $name }
check-unreadable = ファイルかフォルダを読めません。
check-unreadable-remedy = 権限があるか、リンク先があるか、ほかのソフトで開いていないかを確かめてください。
check-no-file = 普通のファイルではありません。
check-no-file-remedy = 介護ソフトが書き出したファイルを指定してください。
check-bad-name = ファイル名に、表示できない文字が入っています。
check-bad-name-remedy = 介護ソフトが付けた名前に戻してください。
check-clean = 誤りも注意もありません（ファイル { $files } 件、送信単位 { $units } 件）。
check-sum-files = 調べたもの: ファイル { $files } 件、送信単位 { $units } 件（うち何も見つからなかったもの { $count } 件）
check-sum = 誤り { $errors } 件、注意 { $warnings } 件、直したもの { $repaired } 件
check-repaired-so = 写しでは直しました。
check-no-errors = 誤りはありません。注意が { $warnings } 件あるので、内容を確かめてからお使いください。
check-mendable = 自動で直せるものが { $count } 件あります。直した写しを作るには、同じ指定に「--fix 新しいフォルダ名」を付けて、もう一度実行してください。
check-mended = { $path } に { $all } 件のファイルを書きました（うち直したもの { $count } 件）。元のファイルは変えていません。
check-mended-twin = { $file } は { $other } と同じものになるため、1つだけ書きました。
check-mended-left-out = { $file } は、ケアプランデータ連携のファイルではないため書いていません。
err-check-fix-inside = { $path } は、調べるフォルダと同じか、その中にあります。何も書いていません。
    .hint = --fix には、調べるフォルダの外の、新しいフォルダを指定してください。
err-check-fix-not-empty = { $path } は空ではありません。何も書いていません。
    .hint = --fix には、新しいフォルダか、空のフォルダを指定してください。
err-check-fix-collision = { $file } と { $other } は、直すとどちらも { $name } という名前になりますが、中身が違います。何も書いていません。
    .hint = 要らない方をフォルダから外して、もう一度実行してください。

reconcile-office = ■ { $month } { $office }（違い { $count } 件）
reconcile-column-day = 日
reconcile-column-service = サービス
reconcile-column-planned = 予定
reconcile-column-actual = 実績
reconcile-column-what = 違い
reconcile-column-month = 年月
reconcile-column-people = 人数
reconcile-column-office = 事業所
reconcile-column-office-service = 事業所とサービス
reconcile-column-balance = 単位数の差
reconcile-day = { $day }日
reconcile-date = { $month }月{ $day }日
reconcile-period = { $from }～{ $to }
reconcile-units = { $count }回 { $units }単位
reconcile-rows-units = { $rows }行 { $units }単位
reconcile-rows = { $rows }行
reconcile-of-units = { $units }単位
reconcile-people = { $count }人
reconcile-satellite = サテライト { $number }
reconcile-no-code = （コードなし）
reconcile-no-office = （事業所番号が読めません）
reconcile-not-yet = まだ届いていません
reconcile-person-missing = この事業所の実績がありません（予定 { $rows }行 { $units }単位）。
reconcile-person-missing-elsewhere = ほかの事業所の実績はあります。
reconcile-person-extra = この事業所の予定がありません（実績 { $rows }行 { $units }単位）。
reconcile-person-extra-elsewhere = ほかの事業所の予定はあります。
difference-missing = 実績なし
difference-extra = 予定なし
difference-time = 時刻違い
difference-count = 回数違い
difference-units = 単位数違い
difference-code = コード違い（実績は { $value }）
reconcile-notes = ■ 違いに数えていないもの
reconcile-insurer = { $month } { $office } { $name }: 保険者番号が予定では { $value }、実績では { $other } です。住所地特例などが考えられるため、同じ人として比べました。
reconcile-tolerated = 率で計算する加算の単位数が、実績で 0 になっているもの: { $count } 件（連携の決まりで認められています）
reconcile-pending = ■ 実績がまだ届いていないもの（比べていません）
reconcile-totals = ■ { $month }の合計
reconcile-same = 予定と実績に違いはありません（一致 { $count } 行）。
reconcile-same-so-far = 届いた実績に、予定との違いはありません（一致 { $count } 行）。実績がまだ届いていないものが { $pending } 件あります。
reconcile-sum = 確かめる違いは、全部で { $count } 件です。
reconcile-sheets-title = 予定・実績照合表
err-reconcile-no-plan = 予定（提供票）が見つかりません。
    .hint = --plan に、提供票のファイルかその入ったフォルダを指定してください。--plan と --actual が逆になっていないかも確かめてください。--month を付けたときは、年月も確かめてください。
err-reconcile-no-office = 事業所 { $office } の予定も実績もありません。
    .hint = 事業所番号を確かめてください。--office を付けずに実行すると、すべての事業所が出ます。
err-reconcile-no-actual = 実績が見つかりません。
    .hint = --actual に、届いた実績のファイルかその入ったフォルダを指定してください。--plan と --actual が逆になっていないかも確かめてください。--month を付けたときは、年月も確かめてください。

diff-care-plan = 居宅サービス計画書（{ $date }）
diff-month-plan = 予定（{ $month }）
diff-month-actual = 実績（{ $month }、事業所 { $office }、{ $kind }）
diff-basic-information = 利用者基本情報（{ $date }）
diff-support-plan = 介護予防サービス・支援計画書（{ $date }）
diff-document = ■ { $what }  { $name }
diff-ends = { $from } → { $to }  連番 { $serial }
diff-serials = { $found } → { $newest }
diff-only-new = ■ 新しい方にだけあります（{ $count } 件）
diff-only-old = ■ 前の方にだけあります（{ $count } 件）
diff-only = { $what }  { $name }  { $from } → { $to }
diff-same = 変わったところはありません（同じ書類 { $count } 件）。
diff-sum = 変わった書類 { $count } 件、片方にだけある書類 { $other } 件、同じ書類 { $all } 件
diff-sheets-title = 変更箇所一覧
err-diff-no-document = { $path } に、比べられる書類がありません。
    .hint = 計画書・提供票・実績などのファイルか、その入ったフォルダを指定してください。

## send、inbox、outbox、show、export

send-progress = 送信
send-waiting = 到着待ち
send-passed-over = 送る種類のファイルではないため、飛ばしました: { $path }
send-too-large = ファイルが大きすぎます。一度に送れるのは { $limit } MBまでです。
send-unreadable = ファイルかフォルダを読めません。権限があるか、リンク先があるかを確かめてください。同じ送信単位のファイルも送っていません。
send-no-file = 普通のファイルではないため、送れません。
send-bad-name = ファイル名に、表示できない文字が入っています。介護ソフトが付けた名前に戻してから送ってください。
send-refused-heading = 送らなかったもの（{ $count } 件）:
send-refused = ・{ $to } あて { $what } 連番 { $serial }
send-findings-more = 同じ注意 { $rule } が、ほかに { $count } 件あります。musubi check で全部見られます。
send-summary = 送信の受け付け { $sent } 件、送らなかったもの { $refused } 件
send-broken-off = 上の表のものは受け付けずみです。同じものをもう一度送っても、二重には届きません。
warn-send-not-delivered = { $count } 件が、時間内に届きませんでした。
    .hint = 相手がつながれば自動で届きます。送り直す必要はありません。musubi outbox で確かめられます。
warn-send-held = { $count } 件は、止めてあります。このままでは届きません。
    .hint = 理由は musubi outbox に出ます。相手かこちらの利用証明書の問題なので、中央機関か相手に確かめてください。
err-send-nothing = 送るファイルが見つかりません。
    .hint = 介護ソフトが書き出したファイル（.CSV）か、その入ったフォルダを指定してください。
inbox-empty = 届いた文書はありません。
inbox-summary = 全部で { $all } 件、新着 { $fresh } 件。取り出すには musubi export 番号 --to フォルダ
outbox-empty = 送った文書はありません。
outbox-summary = 全部で { $all } 件、まだ届いていないもの { $pending } 件。くわしくは musubi show 番号
show-id = 番号: { $id }
show-what = 内容: { $what }
show-from = 差出人: { $from }
show-to = 宛先: { $to }
show-serial = 連番: { $serial }
show-state = 状態: { $state }
show-sealed = 送信: { $at }
show-came = 到着: { $at }
show-receipts = 確認（到着・開封・取り込み）: { $count } 件
show-files = ファイル: { $count } 件
show-findings = 送る前の点検で見つかったもの: { $count } 件
show-file = { $name }（{ $bytes } バイト）
show-next = 取り出すには: musubi export { $id } --to フォルダ
warn-show-not-yet = 待っていた確認が、時間内に届きませんでした。
    .hint = 相手がつながれば自動で届きます。送り直す必要はありません。
export-done = { $what } を { $path } に取り出しました。
export-file = { $file }
export-there = { $file }（同じものが既にありました）
err-export-nothing = この文書には、まだ取り出せるファイルがありません。
    .hint = musubi show で状態を確かめ、少し待ってからもう一度実行してください。
err-export-exists = { $path } は既にあり、中身が違います。上書きせず、何も取り出していません。
    .hint = 今のファイルを別の場所に移すか、--to で別のフォルダを指定してください。
err-export-name = ファイル名「{ $file }」は、このパソコンでは使えません。何も取り出していません。
    .hint = 送り主に、標準の名前で送り直すよう頼んでください。
err-export-altered = { $file } の中身が、届いたときの記録と違います。取り出していません。
    .hint = ディスクの故障かもしれません。musubi doctor で調べ、この番号を添えて問い合わせてください。

## status、doctor、ping

status-running = このパソコンのMusubiは動いています。
status-new = 新着: { $count } 件
status-waiting = まだ届いていないもの: { $count } 件
status-crl = 失効リスト: { $number } 号（{ $hours } 時間前のもの）
status-no-crl = 失効リスト: まだありません
status-alone = つながっている相手: なし
status-connected = つながっている相手: { $addresses }
status-unattended = 起動: このパソコンだけで起動します（安全さはディスクの暗号化と同じ程度です）
status-not-reading = 文書は受け取れますが、鍵が閉じているため読めません。
status-disk = ディスクの空き: { $free } MB（{ $reserve } MBを切ると新しい文書を止めます）
status-store = 保管庫: { $log } MB（使用中 { $live } MB、{ $percent } %）、大きな文書 { $bodies } MB
status-store-uncounted = 保管庫: { $log } MB、大きな文書 { $bodies } MB
status-listen = 待ち受け: { $address }
warn-disk-low = ディスクの空きが少ないため、新しい文書を送受信できません。
    .hint = 不要なファイルを消して、空きを作ってください。
desk-active = 有効（利用期限 { $until }）
desk-grace = 利用期限切れ（{ $until }）。今は猶予の期間です
desk-ended = 利用期限切れ（{ $until }）。受け取りだけできます
desk-expired = 期限切れ（{ $until }）
desk-revoked = 失効しています
desk-not-yet = まだ始まっていません
desk-no-certificate = まだありません

doctor-good = 良好
doctor-warning = 注意
doctor-wrong = 問題
doctor-line = [{ $mark }] { $words }
doctor-todo = → { $todo }
doctor-all-good = 問題は見つかりませんでした。
doctor-warnings = 動いていますが、注意が { $count } 件あります。
doctor-found = 問題が { $count } 件見つかりました。上から順に対処してください。
doctor-not-set-up = 窓口がまだありません（{ $path }）。
doctor-set-up = 窓口のフォルダがあります（{ $path }）。
doctor-do-init = musubi init で作るか、--dir で正しいフォルダを指定してください。
doctor-keys-attended = 鍵ファイルを読めます。開く手段は { $count } つ、起動にパスフレーズが要ります。
doctor-keys-unattended = 鍵ファイルを読めます。開く手段は { $count } つ、このパソコンだけで起動します。
doctor-no-sheet = 復旧用紙がありません。パスフレーズを忘れると、登録からやり直しになります。
doctor-do-sheet = musubi key add recovery で作り、印刷して金庫などに保管してください。
doctor-settings = 設定に誤りはありません。相手の場所は { $count } か所登録されています。
doctor-settings-no-peers = 設定に誤りはありません（相手の場所は登録されていません）。
doctor-disk = ディスクの空きは { $gib } GBあります。
doctor-disk-low = ディスクの空きが { $mib } MBしかなく、新しい文書を送受信できません。
doctor-do-disk = 不要なファイルを消して、空きを作ってください。
doctor-running = Musubi（版 { $version }）が動いています。
doctor-not-running = Musubiが動いていません。送受信できません。
doctor-do-run = musubi run で動かしてください。
doctor-desk = { $name } { $office } の利用証明書: { $standing }
doctor-desk-certified = { $name } { $office } の利用証明書が入っています。
doctor-desk-uncertified = { $name } { $office } の利用証明書がまだ入っていません。
doctor-do-certificate = musubi request で申請し、届いたファイルを musubi install で取り込んでください。
doctor-do-renew = 中央機関に更新を申し込み、届いたファイルを musubi install で取り込んでください。
doctor-do-revoked = 心当たりがなければ、すぐに中央機関へ連絡してください。
doctor-do-not-yet = 利用開始日になるまで待つか、パソコンの日付が正しいか確かめてください。
doctor-crl = 失効リストは { $number } 号、{ $hours } 時間前のものです。
doctor-no-crl = 失効リストがありません。相手を確かめられません。
doctor-do-crl = 相手とつながれば自動で新しくなります。続くときは、中央機関から受け取って musubi install で取り込んでください。
doctor-clock = 時計に問題はありません（{ $now }）。
doctor-clock-behind = パソコンの時計が { $minutes } 分以上遅れています。
doctor-do-clock = パソコンの日付と時刻を合わせてください。
doctor-clock-ahead = パソコンの時計が、中央機関の最後の署名より { $days } 日先に進んでいます。
doctor-do-clock-ahead = パソコンの日付と時刻を確かめてください。正しいときは、新しい失効リストを中央機関から受け取り、musubi install で取り込んでください。
doctor-not-reading = 鍵が閉じているため、届いた文書を読めません。
doctor-do-reading = Musubiを止め、パスフレーズを入れて musubi run で動かしてください。
doctor-alone = 今つながっている相手はいません。
doctor-alone-waiting = つながっている相手がなく、{ $waiting } 件が届いていません。
doctor-refused = { $addresses } のMusubiに断られています。
doctor-refused-unknown = 相手のMusubiに断られています。
doctor-held = { $count } 件の文書を止めてあります。このままでは届きません。
doctor-do-held = 理由は musubi outbox に出ます。中央機関か相手に確かめてください。
doctor-partners = { $count } つの窓口とつながっています。
doctor-partners-waiting = { $count } つの窓口とつながっていますが、{ $waiting } 件が届いていません。
doctor-do-partners = インターネットにつながっているか、相手のMusubiが動いているかを確かめてください。相手の場所は --peer か musubi.toml に書きます。
doctor-do-waiting = musubi outbox で理由を見てください。相手がつながれば自動で届きます。
doctor-store-in-use = ほかのコマンドが使っているため、利用証明書を調べられませんでした。
doctor-do-wait = 少し待って、もう一度実行してください。

ping-connected = { $address } につながりました（{ $ms } ミリ秒）。
ping-local = { $address } は、このパソコンの窓口です。
ping-refused = { $address } のMusubiに断られました。
ping-unreachable = { $address } につながりません。
ping-unreachable-advice = 相手のパソコンとMusubiが動いているか、こちらがインターネットにつながっているかを確かめてください。
ping-unknown = { $address } のことを、まだ何も知りません。
ping-unknown-advice = 相手の場所を --peer か musubi.toml の network.peers に書いて、一度つながると分かるようになります。
ping-revoked = { $address } の利用証明書は失効しています。つなぎません。
ping-revoked-advice = 相手に電話などで確かめてください。相手が新しい利用証明書を入れると、またつながります。
refusal-version = Musubiの版が合いません。古い方を新しくしてください。
refusal-network = 別の中央機関の利用者です（試験用と本番用など）。相手に確かめてください。
refusal-no-credential = こちらに使える利用証明書がありません。musubi status で確かめてください。
refusal-issuer = 相手が、こちらの利用証明書の発行元を知りません。相手に信頼情報を新しくしてもらってください。
refusal-certificate = こちらの利用証明書が認められませんでした。musubi doctor で調べ、中央機関に問い合わせてください。
refusal-proof = こちらの利用証明書が公開記録にあることを、相手に示せませんでした。インターネットにつなぎ、musubi renew で中央機関に問い合わせてください。
refusal-revoked = こちらの利用証明書が失効しています。中央機関に連絡してください。
refusal-expired = こちらの利用証明書の期限が切れています。中央機関に更新を申し込んでください。
refusal-not-yet-valid = こちらの利用証明書がまだ始まっていません。両方のパソコンの日付を確かめてください。
refusal-stale = 相手の失効リストが古くなっています。相手に musubi doctor を実行してもらってください。
refusal-busy = 相手が混んでいるか、止まるところです。少し待てば自動でつながります。
refusal-unwanted = 相手が、こちらとのやりとりを断っています。相手に確かめてください。
refusal-other = 理由は分かりません。両方のMusubiを新しい版にしてください。

## key

opener-passphrase = パスフレーズ
opener-machine = このパソコン
opener-machine-key-file = このパソコン（鍵ファイル）
opener-recovery = 復旧用紙
opener-other = その他（新しい版のもの）
opens-all = すべて
opens-signing = 受け取りだけ（読むことはできません）
key-added = { $opener }を追加しました（通し番号 { $number }）。
key-remove-question = { $number } 番の{ $opener }を取り消しますか。
key-removed = { $number } 番の{ $opener }を取り消しました。
key-kept = 何も変えていません。
key-changed = パスフレーズを変えました。復旧用紙はそのまま使えます。
warn-key-sheet-only = 鍵を開く手段が、復旧用紙だけになりました。
    .hint = musubi key change で、復旧用紙のコードを使って新しいパスフレーズを決めてください。

## Musubiと鍵のエラー

err-no-node = このパソコンのMusubiが動いていません。
    .hint = 別の画面で musubi run を実行してから、もう一度どうぞ。フォルダを指定しているときは、同じ --dir にします。
err-not-set-up = このフォルダには、まだ窓口がありません。
    .hint = musubi init で作るか、--dir で正しいフォルダを指定してください。
err-office-exists = 事業所 { $office } の窓口は、このフォルダに既にあります。
    .hint = サービス種類を変えるには、中央機関に相談してください。別の事業所なら番号を確かめてください。
err-office-which = このフォルダには窓口が複数あります: { $offices }
    .hint = --office でどれか1つを指定してください。
err-office-none = 事業所 { $office } の窓口は、このフォルダにありません。
    .hint = 番号を確かめるか、musubi init で追加してください。
err-passphrase-wrong = パスフレーズが違います。
    .hint = もう一度入力してください。忘れたときは musubi key change で、復旧用紙のコードを使って新しく決められます。
err-recovery-wrong = 復旧用紙のコードは正しく打てていますが、この窓口のものではありません。
    .hint = この窓口の名前が書かれた、いちばん新しい用紙を使ってください。
err-machine-wrong = このパソコンの鍵では開きません。パソコンが替わったか、別の鍵ファイルです。
    .hint = --passphrase-file でパスフレーズを使うか、正しい鍵ファイルを --machine-key で指定してください。
err-machine-no-store = このパソコンには、鍵の保管機能がありません。
    .hint = --machine-key で、データのフォルダの外に作る鍵ファイルの名前を指定してください。
err-machine-key-needed = 鍵ファイルの場所が必要です。
    .hint = --machine-key か環境変数 MUSUBI_MACHINE_KEY で指定するか、パスフレーズを使ってください。
err-machine-key-malformed = 指定したファイルは、鍵ファイルではありません。
    .hint = musubi init のときに --machine-key で作ったファイルを指定してください。
err-machine-key-shared = 鍵ファイルを、ほかの人も読める状態です。
    .hint = 持ち主だけが読めるようにしてください（chmod 600）。
err-machine-key-inside = 鍵ファイルは、データのフォルダの中には置けません。
    .hint = 別のフォルダか、別のディスクを --machine-key で指定してください。
err-machine-key-io = 鍵ファイルを使えません。
    .hint = 場所があるか、同じ名前のファイルが既にないか、権限を確かめてください。
err-opener-none = その方法では鍵を開けません。登録されていない手段です。
    .hint = musubi key list で、使える手段を確かめてください。
err-opener-last = 最後の手段は取り消せません。鍵を開けなくなります。
    .hint = 先に musubi key add で、別の手段を追加してください。
err-opener-full = 鍵を開く手段が多すぎて、追加できません。
    .hint = 使わないものを musubi key remove で取り消してください。
err-opener-number = { $number } 番の手段はありません。
    .hint = musubi key list で番号を確かめてください。
err-keys-changed = 鍵ファイルを、ほかのコマンドが同時に変えました。何も変えていません。
    .hint = もう一度実行してください。
err-keys-damaged = 鍵ファイルが壊れています。
    .hint = バックアップから戻してください。ないときは musubi init からやり直し、相手に送り直してもらいます。
err-keys-io = 鍵ファイルを使えません。
    .hint = フォルダの権限とディスクの状態を確かめてください。
err-store-in-use = ほかのコマンドか、動いているMusubiが使用中です。
    .hint = Musubiが動いていれば止めてから、もう一度実行してください。
err-store-damaged = 保管庫（store）が壊れていて読めません。何も消していません。
    .hint =
        バックアップがあれば、フォルダごと戻してください。
        なければ musubi store set-aside で壊れた保管庫を脇へ移し、musubi init からやり直します。パスフレーズと復旧用紙はそのまま使えますが、窓口の鍵と利用証明書は作り直しになり、文書と記録は新しい保管庫にはありません。相手は送ったものを35日間持っています。
err-store-healthy = 保管庫は壊れていません。何も移していません。
    .hint = それでも移すときは --even-if-readable を付けてください。
err-store-missing = このフォルダに保管庫（store）がありません。
    .hint = 別のディスクにあるときは、つないでからもう一度実行してください。なくなったときは、バックアップから戻すか、musubi init からやり直してください。
store-set-aside = 壊れた保管庫を移しました。中身は消していません: { $path }
store-begin-anew = バックアップがあれば、フォルダごと戻してください。なければ musubi init、musubi request の順にやり直し、中央機関から新しい利用証明書を受け取ってください。
err-disk-low = ディスクの空きが少ないため、送れません。何も送っていません。
    .hint = 不要なファイルを消して空きを作り、もう一度送ってください。一覧や取り出しは続けて使えます。
err-disk-failed = ディスクに書き込めなくなったため、Musubiは止まりました。
    .hint = ディスクの空きと状態を確かめ、もう一度 musubi run で動かしてください。到着を確認した文書は失われていません。
err-store-io = 保管庫を使えません。
    .hint = フォルダの権限とディスクの空きを確かめてください。
err-too-new = もっと新しい版のMusubiが書いたデータです。
    .hint = Musubiを新しい版にしてください。
err-reading-closed = 鍵が閉じているため、文書を読めません。
    .hint = Musubiを止め、パスフレーズを入れて musubi run で動かしてください。
err-api-unreadable = 動いているMusubiとつなぐためのファイルを読めません。
    .hint = Musubiを動かしている人と同じ利用者で実行してください。
err-api-broken = Musubiとのやりとりが途中で切れました。
    .hint = Musubiが動いているかを musubi status で確かめ、もう一度実行してください。二重に送られることはありません。
err-api-other-version = 動いているMusubiと、このコマンドの版が合いません。
    .hint = 同じ版を使ってください。Musubiを止めて、動かし直すと直ることがあります。
err-api-unknown = Musubiが、このコマンドの知らない理由で断りました。
    .hint = コマンドを新しい版にしてください。
err-api-stopping = Musubiが止まるところです。
    .hint = もう一度 musubi run で動かしてから実行してください。
err-api-failed = Musubiの内部で問題が起きました。入力の間違いではありません。
    .hint = musubi run の画面に出た記録を添えて問い合わせてください。
err-api-no-message = その番号の文書はありません。
    .hint = musubi inbox か musubi outbox で番号を確かめてください。
err-api-ambiguous-id = 「{ $id }」で始まる文書が複数あります。
    .hint = もう少し長く入力してください。番号の全体は musubi inbox --json で見られます。
err-api-short-id = 番号が短すぎます。
    .hint = 先頭の8文字以上を入力してください。
err-api-address = 「{ $text }」は宛先として使えません。
    .hint = 1379900010-11 のように書いてください。
err-api-kind = 「{ $text }」はサービス種類として使えません。
    .hint = 11 や A2 のように2文字で書いてください。

## demo

demo-authority-name = 見本中央機関
demo-intro = 見本の1か月のやりとりを、このパソコンの中だけで実演します。実際の相手には何も送りません。
demo-place = 場所: { $path }（終わると消します）
demo-place-kept = 場所: { $path }（終わっても残します）
demo-founded = 1. 準備: { $name } を作り、事業所3か所に窓口を作って利用証明書を発行しました（{ $seconds } 秒）。
demo-started = 2. 開始: 3か所のMusubiを動かしました（{ $seconds } 秒）。居宅介護支援とは、1か所がTCPで、もう1か所がQUICでつながります。
demo-progress = やりとり
demo-column-took = ミリ秒
demo-month = 3. やりとり: { $count } 件を連番の順に送り、相手の側で取り出しました。表のミリ秒は、送信を始めてから到着の確認が届くまでです。
demo-month-sum = 到着 { $count } 件。到着と開封の確認を、中央機関が公開している情報だけで検証できたもの { $verified } 件。
demo-files-same = 取り出したファイルは、すべて送る前と同じです（1バイトも違いません）。
demo-files-differ = 取り出したファイルに、送る前と違うものがあります。
demo-inboxes-same = どの受信箱にも、届くはずのものが1件ずつあり、ほかには何もありません。
demo-inboxes-differ = 受信箱に、足りないものか余分なものがあります。
demo-revoked = 4. 失効: { $office } の利用証明書を失効させ、新しい失効リストを { $other } だけに渡しました（{ $seconds } 秒）。
demo-revoked-to = ・{ $office } あての1件は、送らずに止めました: { $state }
demo-revoked-knows = ・{ $office } からの1件は、失効を知ったその事業所のMusubiが断りました。
demo-revoked-from = ・{ $office } からの1件は、相手のMusubiが入口で断りました: { $state }
demo-nothing-new = ・どちらの受信箱にも、新しいものは届いていません。
demo-something-new = ・受信箱に、届いてはいけないものが届きました。
demo-good = 5. 結果: すべて期待どおりでした（全体で { $seconds } 秒）。動かしたMusubiは、すべて止まりました。
demo-bad = 5. 結果: 期待と違うところがありました。上の表と文を見てください。
demo-bad-stop = 5. 結果: Musubiが時間内に止まらなかったか、途中で終わっていました。
demo-next-run = 残したデータで続けられます。まず、この画面でMusubiを動かします:
demo-next-look = 次に、別の画面で見ます:
demo-next-authority = 中央機関の一覧は、いつでも見られます:
err-demo-stopped = 実演を途中でやめました。動かしたMusubiは止まりました。
    .hint = 続きはありません。もう一度 musubi demo を実行すると、初めから実演します。

## bench

bench-intro = このパソコンの中の2か所の間で測ります。実際の相手には何も送りません。数分かかります。
bench-no-compare = --compare を付けると、同じファイルで rsync とも比べます。
bench-step-singles = 書類を1件ずつ、{ $count } 件送ります。
bench-step-documents = 書類 { $count } 件をまとめて、{ $rounds } 回送ります。
bench-step-attachment = 大きなファイルを1つ、{ $rounds } 回送ります。
bench-step-transfer = とても大きなファイルを送っている間に、小さな書類を送ります。
bench-tool-missing = { $tool } が入っていないので、比べずに続けます。
bench-tool-broken = { $tool } が使えないので、比べずに続けます。理由: { $reason }
bench-column-what = 測ったもの
bench-column-musubi = Musubi
bench-column-rsync = rsync
bench-column-ratio = 何倍速いか
bench-documents = { $kb } kB の書類 { $count } 件
bench-documents-value = { $seconds } 秒（1秒に { $rate } 件）
bench-attachment = { $mb } MB のファイル1つ
bench-attachment-value = { $seconds } 秒（1秒に { $rate } MB）
bench-seconds = { $seconds } 秒
bench-rate = 1秒に { $rate } MB
bench-ms = { $median } ミリ秒、99 % は { $worst } ミリ秒以内
bench-mib = { $mib } MiB
bench-delivery = 書類1件、到着の確認まで（{ $count } 回）
bench-delivery-command = 同じく、1件ごとにコマンドを実行
bench-during = 同じく、{ $mb } MB を送っている間（{ $count } 回）
bench-transfer = その { $mb } MB（小さな書類と同時）
bench-idle = 何もしていないときのメモリ
bench-extra = { $mb } MB のために増えるメモリ
bench-peaks = 最大のメモリ（送る側 / 受ける側）
bench-peaks-value = { $sender } / { $receiver } MiB
bench-seal = 封をするだけの速さ
bench-medians = { $rounds } 回の中央値です。時間は、コマンドを始めてから終わるまでです。Musubiのコマンドは、相手のディスクにすべて確実に書かれ、最後の到着の確認が届いてから終わります。
bench-compared = 比べた相手: { $version }。同じパソコンへの ssh での rsync -a --fsync です。
bench-all-delivered = 書類 { $count } 件は、すべて1回ずつ届きました。
bench-not-all-delivered = 書類 { $count } 件のうち、到着の確認があるもの { $delivered } 件、相手の受信箱にあるもの { $received } 件です。
bench-bad-stop = Musubiが時間内に止まらなかったか、途中で終わっていました。
err-bench-stopped = 測定を途中でやめました。動かしたMusubiは止まりました。
    .hint = 続きはありません。もう一度 musubi bench を実行すると、初めから測ります。

## demo and bench

err-tool-keep = { $path } は空ではありません。何も変えていません。
    .hint = 新しいフォルダか、空のフォルダを指定してください。
err-tool-command = 途中で、musubi { $command } がうまくいきませんでした。
    .hint = 詳細の行を見てください。--keep でフォルダを指定してもう一度実行すると、途中のデータと記録（logs）が残ります。
err-tool-time = 途中で、musubi { $command } が時間内に終わりませんでした。
    .hint = パソコンが混んでいないときに、もう一度実行してください。

## ===== 添付 =====

cmd-send-arg-to = 添付を送る相手の宛先（例 1379900010-11）。PDFや画像など、どの種類のファイルも送れます
cmd-send-arg-note = 添付に付けるひとこと
cmd-send-arg-each = ファイルを1つずつ別々の文書として送ります
cmd-send-arg-again = 1日以内に同じものを送っていても、もう一度送ります
cmd-send-arg-allow-programs = プログラムやマクロ付きの文書など、開くと動き出すファイルも送ります
cmd-send-arg-as-attachment = 介護の標準様式のファイルも添付として送ります（相手の介護ソフトには取り込まれません）
value-text = 文章

attachments = 添付 { $count }件（{ $kinds }、{ $size }）
attachments-kind = { $kind } { $count }
attachments-comma = ・
kind-pdf = PDF
kind-image = 画像
kind-document = 文書
kind-sheet = 表
kind-slides = スライド
kind-text = テキスト
kind-archive = 圧縮
kind-audio = 音声
kind-video = 動画
kind-program = プログラム
kind-other = その他
send-again = 「送信済み」のものは、同じファイルを1日以内に同じ相手へ送っているので、送っていません。もう一度送るには --again を付けます。
show-note = ひとこと:
warn-export-program = { $file } は、開くと動き出すファイルか、名前と中身の合わないファイルです。
    .hint = 送り主に電話などで確かめるまで、開かないでください。

## ルート

cmd-authority-init-arg-root = 別のところに保管するルートの証明書（2回指定。ルート1が先）
cmd-authority-init-arg-out = ルート1に持って行くファイル
cmd-authority-reissue = 失効した発行用の鍵の証明書を発行し直します
cmd-authority-reissue-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-root = ネットワークにつながないパソコンで使うルート
cmd-authority-root-init = ルートを作ります（つながないパソコンで）
    .long =
        別々の場所に2つ作り、2つ目は金庫にしまってください。
          musubi --dir /media/usb1/root authority root init --name 中央機関 --out root-1.pem
          musubi --dir /media/usb2/root authority root init --name 中央機関 --number 2 --out root-2.pem
        続けて、中央機関のパソコンで:
          musubi authority init --name 中央機関 --root root-1.pem --root root-2.pem --out request.pem
cmd-authority-root-init-arg-name = 中央機関の名前
cmd-authority-root-init-arg-number = ルートの番号
cmd-authority-root-init-arg-out = ルートの証明書の書き込み先
cmd-authority-root-show = ルートと署名の記録を表示します（同上）
cmd-authority-root-show-arg-out = ルートの証明書の書き込み先
cmd-authority-root-sign = 持ってきた依頼に署名します（同上）
    .long =
        何が変わるかを先に表示し、確認します。
          musubi --dir /media/usb1/root authority root sign request.pem --out signed.pem
cmd-authority-root-sign-arg-request = 持ってきた依頼
cmd-authority-root-sign-arg-out = 持ち帰るファイル
cmd-authority-root-sign-arg-yes = 確認なしで署名します
cmd-authority-root-request = ルートに持って行く依頼を書きます
    .long =
        署名を待っているもの（決まり、アドレス、新しい年の発行用の鍵、ルートの失効リスト）は自動で入ります。ルートを替えるときは、もう一方のルートが署名します:
          musubi authority root request --retire 1 --new root-3.pem --out request.pem
cmd-authority-root-request-arg-out = 依頼の書き込み先
cmd-authority-root-request-arg-issuing = 同じ年にもう1つ発行用の鍵を作ります
cmd-authority-root-request-arg-revoke = 失効させる発行用の鍵の名前
cmd-authority-root-request-arg-retire = やめるルート（1 か 2）
cmd-authority-root-request-arg-new = 新しいルートの証明書
cmd-authority-root-request-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-root-accept = ルートが署名したものを取り込みます
cmd-authority-root-accept-arg-file = 持ち帰ったファイル
cmd-authority-root-accept-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-root-status = ルートの署名を待っているものを表示します
ask-authority-root-passphrase = ルートのパスフレーズ:
authority-root-made = { $dir } に { $name } を作りました。証明書は { $path } です。
authority-root-pin =
    フィンガープリント（SHA-256）:
    { $pin }
authority-root-made-next = 次に: 証明書のファイルだけを持ち出してください。このフォルダはネットワークの届かないところに置き、写しを別の金庫に保管してください。
authority-root-shown = { $organisation } の { $name }（{ $until } まで）
authority-root-unused = まだ何にも署名していません。
authority-root-column-number = 信頼情報
authority-root-column-bundle = SHA-256の先頭
authority-root-review = { $organisation } からの依頼:
authority-root-fingerprint =
    依頼のフィンガープリント。両方のパソコンで同じことを確かめてください:
    { $pin }
authority-root-founds = 中央機関を始めます（信頼情報 1）。
authority-root-number = 信頼情報が { $new } になります（今は { $old }）。
authority-root-behind = ！ このルートが前に署名したものを、中央機関が知りません。バックアップから戻した中央機関ではありませんか。
authority-root-certifies = 発行用の鍵「{ $name }」を認証します（鍵 { $key }…）
authority-root-revokes = ！ 発行用の鍵「{ $name }」を失効させます。その証明書は、発行し直すまですべて使えません。
authority-root-leaves-out = ！ 発行用の鍵「{ $name }」が外れます。その証明書はすべて使えません。
authority-root-new =
    新しいルート「{ $name }」のフィンガープリント:
    { $pin }
authority-root-retires = ！ ルート「{ $name }」をやめます。以後の署名はどこでも通用しません。
authority-root-policy = 利用料などの決まりが変わります。
authority-root-bootstrap = 公開ノードのアドレス: { $addresses }
authority-root-enforce = { $day } から、公開記録での証明がある証明書だけを有効とします。
authority-root-question = 署名しますか
authority-root-not-signed = 署名していません。
authority-root-signed = 署名しました。信頼情報 { $number } は { $path } です。持ち帰って musubi authority root accept で取り込んでください。
authority-root-requested = 署名が必要なものを { $path } に書きました。
authority-root-requested-next = ルートのパソコンに持って行き、musubi authority root sign で署名してください。
authority-root-accepted = 信頼情報 { $number } が有効になりました。事業所には自動で届きます。
authority-root-here = ルートの鍵もこのフォルダにあります。試すだけならこのままで構いません。実際に使うときは、ネットワークにつながないパソコンに置いてください（musubi authority root init）。
authority-root-elsewhere = 信頼情報 { $number }。ルートの失効リストは { $until } まで有効です。
authority-root-nothing-waits = ルートの署名を待っているものはありません。
authority-root-waits =
    { $what ->
        [policy] ルートの署名待ち: 利用料などの決まり
        [bootstrap] ルートの署名待ち: 公開ノードのアドレス
        [enforce_from] ルートの署名待ち: 公開記録での証明を必要とする日
        [issuing_ca] ルートの署名待ち: 新しい年の発行用の鍵
        [root_crl] ルートの署名待ち: ルートの失効リストがまもなく切れます
       *[other] ルートの署名待ち: { $what }
    }
authority-root-waits-next = 次に: musubi authority root request --out request.pem
authority-reissued = { $count } 枚の証明書を発行し直しました。事業所は自動で受け取ります。
err-authority-two-roots = 中央機関にはルートが2つ必要です。
    .hint = 両方の証明書を指定してください: --root root-1.pem --root root-2.pem
err-authority-no-root = ここにルートがないか、ファイルがルートの証明書ではありません。
    .hint = --dir とファイルを確かめてください。ルートは musubi authority root init で作ります。
err-authority-root-needed = この操作には、先にルートの署名が必要です。
    .hint = musubi authority root request --out request.pem で、持って行く依頼を書いてください。
err-authority-root-here = ルートの鍵はこのフォルダにあります。どこにも持って行く必要はありません。
    .hint = 決まり、アドレス、発行用の鍵は、ここですぐに署名されます。
err-authority-root-request = 依頼が壊れているか、内容がかみ合いません。
    .hint = musubi authority root request でもう一度書いてください。
err-authority-other-root = この依頼には、別のルートの署名が必要です。
    .hint = ルート1をやめるときは、ルート2が署名します。ここのルートは musubi authority root show で分かります。
err-authority-root-answer = このファイルは、ここで有効なものの続きではありません。何も変えていません。
    .hint = musubi authority root request でもう一度依頼を書き、署名してもらってください。
err-authority-no-ca = この名前の発行用の鍵はありません。
    .hint = 名前は musubi authority list の一覧にあります。

## バックアップから戻した後

cmd-authority-recover = バックアップ後の発行と失効を、事業所から読み戻します
    .long =
        バックアップから戻した中央機関は、その後に署名したものを事業所から聞くまで、何にも署名しません。事業所がつなぎに来るアドレスで待ちます。
          musubi authority recover --members /ip4/0.0.0.0/tcp/47301
cmd-authority-recover-arg-members = 事業所を受け付けていたアドレス（multiaddr）
cmd-authority-recover-arg-nodes = いくつの事業所から聞くか
cmd-authority-recover-arg-alone = だれにも聞きません（フォルダを移しただけで、その後は何もしていないとき）
cmd-authority-recover-arg-admin = 操作した人の名前（操作記録に残ります）。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
authority-recovering = { $count } か所の事業所から聞くまで待ちます。事業所は15分ごとにつなぎに来るので、時間がかかることがあります。Ctrl+C で、何も変えずにやめます。
authority-recover-told = { $count } か所の事業所から聞きました。
authority-recover-stopped = やめました。何も変えていません。
authority-recovered = { $offices } か所の事業所から聞き、足りなかった { $count } 件の記録を読み戻しました。
authority-recover-lost = 次の事業所の証明書は、その事業所がつなぎに来たときに戻ります: { $offices }。それまで、新しい証明書は発行しません。
authority-recover-next = 次に: musubi authority serve。バックアップの後のほかの操作（招待、申請、署名待ちの決まり）は、もう一度行ってください。その後に参加した事業所あての招待は無効です。
authority-recover-question = このフォルダの写しはこれだけで、作った後は何もしていませんか
authority-recover-alone = 中央機関はこのフォルダで使えるようになりました。
authority-revoke-later = バックアップから戻す前の証明書 { $count } 枚は、つなぎに来たときに失効させます。
err-authority-restored = これは中央機関のフォルダの写しか、バックアップから戻したものです。その後に署名したものが分かるまで、何にも署名しません。
    .hint = musubi authority recover --members（事業所を受け付けるアドレス）で事業所から読み戻してください。フォルダを移しただけのときは musubi authority recover --alone です。
err-authority-lost-ca = バックアップの後に発行用の鍵が作られ、その鍵が失われています。
    .hint = もっと新しいバックアップを戻してください。ないときは、ルートでその鍵を失効させ、新しい鍵を認証します。
err-authority-lost = この事業所には、バックアップの後に発行され、まだ戻っていない証明書があります。
    .hint = 事業所のパソコンがつなぎに来れば戻ります。そのパソコンがもうないときは musubi authority revoke（事業所番号）の後にもう一度行ってください。

## 管理者

cmd-authority-init-arg-admin = 最初の管理者の名前。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-admin = 操作してよい管理者
cmd-authority-admin-list = 管理者の一覧を表示します
cmd-authority-admin-add = 管理者を加えます
    .long =
        管理者は1人ずつ自分のパスフレーズを持ち、新しい管理者がこのパソコンで入力します。2人になった後は、加えるのに2人の同意が必要です。
          musubi authority admin add 鈴木
          musubi authority admin add 高橋 --second 鈴木
cmd-authority-admin-add-arg-name = 名前（操作記録に残ります）
cmd-authority-admin-add-arg-new-passphrase-file = 新しいパスフレーズを1行目に書いたファイル
cmd-authority-admin-add-arg-second = 同意する2人目の管理者
cmd-authority-admin-add-arg-second-passphrase-file = 2人目のパスフレーズを1行目に書いたファイル
cmd-authority-admin-add-arg-admin = 操作する人。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-admin-remove = 管理者を外します（パスフレーズも使えなくなります）
cmd-authority-admin-remove-arg-name = 名前
cmd-authority-admin-remove-arg-second = 同意する2人目の管理者
cmd-authority-admin-remove-arg-second-passphrase-file = 2人目のパスフレーズを1行目に書いたファイル
cmd-authority-admin-remove-arg-admin = 操作する人。指定しないときは環境変数 MUSUBI_ADMIN、なければこのパソコンのユーザー名
cmd-authority-admin-passphrase = 自分のパスフレーズを変えます
cmd-authority-admin-passphrase-arg-new-passphrase-file = 新しいパスフレーズを1行目に書いたファイル
ask-authority-own = { $name } のパスフレーズ:
ask-authority-second = 同意する { $name } のパスフレーズ:
authority-admin-first = 最初の管理者は { $name } です。2人目は musubi authority admin add で加えてください。
authority-admin-new = { $name } が、ほかの人の知らないパスフレーズを決めて入力してください。
authority-admin-added = { $name } が管理者になりました。
authority-admin-removed = { $name } を管理者から外しました。そのパスフレーズでは何も開きません。
authority-admin-changed = パスフレーズを変えました。
authority-admins-none = 管理者がまだ登録されていません。パスフレーズを知っている人が musubi authority admin add（名前）で自分を登録してください。
authority-admin-column-since = 登録日時
err-authority-unproven = 操作する人のパスフレーズが必要です。
    .hint = たずねられたときに入力するか、--passphrase-file でファイルを指定してください。
err-authority-not-admin = 名前とパスフレーズが合わないか、管理者の名前ではありません。何もしていません。
    .hint = 操作する人の名前を --admin で指定してください。管理者は musubi authority admin list で分かります。
err-authority-stopped = 途中で中央機関が停止しました。
    .hint = それまでに済んだ分はそのままです。中央機関を再び起動してから、同じコマンドをもう一度実行してください。
err-authority-ownerless = このパスフレーズは、どの管理者のものでもありません。管理者の追加か削除が途中で止まったためです。何もしていません。
    .hint = 管理者が自分のパスフレーズで操作してください。登録が途中だった人は、もう一度 musubi authority admin add で加えてください。
err-authority-second-admin = この操作には管理者2人の同意が必要です。何もしていません。
    .hint = 2人目の名前を --second で指定し、その人がこのパソコンでパスフレーズを入力してください。
err-authority-admin-taken = その名前かパスフレーズは、既に使われています。何も変えていません。
    .hint = 別のパスフレーズか、別の名前にしてください。
err-authority-no-admin = この名前の管理者はいません。
    .hint = 管理者は musubi authority admin list で分かります。
err-authority-last-admin = 最後の管理者は外せません。
    .hint = 先に別の管理者を加えてください。
authority-reissue-refused = 次の事業所には発行できませんでした。個別に確かめてください: { $offices }
cmd-authority-recover-arg-yes = 確認なしで行います（--alone のとき）
