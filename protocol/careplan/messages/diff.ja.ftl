# 変更点の文面。一件が一行で、句点は付けない。

change-added = { $what }が加わりました
change-removed = { $what }がなくなりました
change-picture = { $what }が変わりました
change-field = { $what }が変わりました：{ $before }→{ $after }
change-set = { $what }が記入されました：{ $after }
change-cleared = { $what }が空欄になりました（前は{ $before }）
change-time = { $what }が{ $before }から{ $after }に変わりました
change-code = { $what }が{ $after }に変わりました

change-field-of = { $place }の{ $field }
change-row = { $table }の行（{ $row }）
change-benefit = 第7表の{ $service }（事業所：{ $office }）
change-benefit-nowhere = 第7表の{ $service }
change-benefit-total = 第7表の全合計
change-row-cell = { $field }：{ $value }
change-row-separator = 、
change-services = { $days }の{ $service }
change-services-at = { $days } { $time }の{ $service }
change-day = { $day }日
change-day-often = { $day }日（{ $count }件）
change-day-none = 日付なし
change-day-separator = ・
change-service = サービス（{ $code }）
change-service-named = { $name }（{ $code }）
change-service-none = サービスコードのない行
change-clock = { $hour }:{ $minute }
change-clock-none = 時刻なし
change-period = { $start }～{ $end }
change-date = { $year }年{ $month }月{ $day }日
change-month = { $year }年{ $month }月
change-text = 「{ $text }」
change-meaning = { $meaning }

change-careplan = { $date }の居宅サービス計画
change-planmonth = { $month }の予定
change-actual = { $month }の実績（事業所{ $office }、{ $service }）
change-basicinformation = { $date }の利用者基本情報
change-supportplan = { $date }の介護予防サービス・支援計画

change-table-up1kyo = 第1表
change-table-up2kyo = 第2表
change-table-up3kyo = 第3表
change-table-upplan = 第6表
change-table-upsikyu = 第7表
change-table-uphosoku = 利用者補足情報
change-table-upjsk = 第6表（実績）
change-table-upyobo = 介護予防サービス・支援計画書
change-table-upyobo_sub = 支援計画の表
change-table-upkihon = 利用者基本情報
change-table-upkihon_sub1 = 1日の生活の表
change-table-upkihon_sub2 = 病歴の表
change-table-upkihon_image = 家族構成の画像
