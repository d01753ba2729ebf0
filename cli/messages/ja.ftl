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
value-kind = サービス種類
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

cmd-send = 提供票・計画書・実績のファイルを相手先に送ります
    .long =
        宛先はファイル名で決まります。フォルダを指定すると、中のファイルを送信単位ごとにまとめて送ります。
        問題のあるものは送らずに理由を表示し、ほかのものは送ります。
          musubi send 提供票フォルダ --wait delivered=60
cmd-send-arg-paths = 送るファイルやフォルダ
cmd-send-arg-from = 送り主の宛先（例 1379900010-11）。このパソコンに窓口が複数あるとき
cmd-send-arg-to-kind = 相手のサービス種類。ファイル名に種類がない旧様式（V3）のとき
cmd-send-arg-wait = 相手に届くまで待ちます。delivered=60 なら60秒まで

cmd-inbox = 届いた文書の一覧を表示します
cmd-outbox = 送った文書の一覧を表示します

cmd-show = 文書1件の内容と確認（到着・開封・取り込み）を表示します
cmd-show-arg-id = 文書の番号。先頭の8文字以上

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

cmd-authority = 中央機関の仕事: 利用証明書の発行と失効
cmd-authority-init = 中央機関の鍵を作ります
cmd-authority-init-arg-name = 中央機関の名前
cmd-authority-issue = 申請に対して利用証明書を発行します
    .long =
        期限を指定しないと、1年間の利用証明書になります。
          musubi authority issue request.pem --until 2027-03-31 --out c.pem
cmd-authority-issue-arg-request = 事業所から届いた申請ファイル
cmd-authority-issue-arg-from = 利用開始日（例 2026-04-01）。指定しないときは今日
cmd-authority-issue-arg-until = 利用期限（その日を含みます）。指定しないときは開始から1年
cmd-authority-issue-arg-out = 利用証明書の書き込み先
cmd-authority-revoke = 利用証明書を失効させます
    .long =
        事業所番号を指定すると、その事業所の有効な利用証明書をすべて失効させます。失効は取り消せません。
          musubi authority revoke 1379900010 --reason keyCompromise
cmd-authority-revoke-arg-office = 失効させる事業所の番号
cmd-authority-revoke-arg-serial = 失効させる証明書1枚の番号（16進数）
cmd-authority-revoke-arg-reason = 失効の理由。keyCompromise 鍵が漏れた、superseded 新しい証明書に替えた、affiliationChanged 事業所が変わった、cessationOfOperation 廃止した、privilegeWithdrawn 利用をやめさせた、unspecified 理由なし
cmd-authority-crl = 最新の失効リストをファイルに書きます
cmd-authority-crl-arg-out = 失効リストの書き込み先
cmd-authority-trust = 信頼情報をファイルに書きます
cmd-authority-trust-arg-out = 信頼情報の書き込み先
cmd-authority-list = 発行した利用証明書の一覧を表示します

cmd-demo = 見本の事業所3か所で、やりとりをひととおり実演します
    .long = このパソコンの中だけで動き、実際の相手には何も送りません。見本のデータを使います。
cmd-demo-arg-keep = 実演に使ったデータをこのフォルダに残します

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
want-message-id = 文書の番号は、a〜z と 2〜7 の8文字から52文字です。一覧に出ている番号の先頭を入れてください。
want-wait = delivered、または秒数をつけて delivered=60 と書きます。
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
    .hint = --passphrase-file でファイルを指定するか、環境変数 MUSUBI_PASSPHRASE に入れてください（新しいパスフレーズは --new-passphrase-file）。
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
err-not-wired = このコマンドは、この版ではまだ使えません。
    .hint = musubi --version で版を確かめてください。
