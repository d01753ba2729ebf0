# Texts of changes. One line each, without a full stop.

change-added = added: { $what }
change-removed = removed: { $what }
change-picture = { $what } changed
change-field = { $what } changed: { $before } → { $after }
change-set = { $what } was filled in: { $after }
change-cleared = { $what } was emptied (before: { $before })
change-time = { $what } moved from { $before } to { $after }
change-code = { $what } became { $after }

change-field-of = { $place }: { $field }
change-row = { $table }, row ({ $row })
change-benefit = table 7, { $service } (office: { $office })
change-benefit-nowhere = table 7, { $service }
change-benefit-total = table 7, grand total
change-row-cell = { $field }: { $value }
change-row-separator = {", "}
change-services = { $service } on { $days }
change-services-at = { $service } ({ $time }) on { $days }
change-day = day { $day }
change-day-often = day { $day } ({ $count } times)
change-day-none = no day
change-day-separator = {", "}
change-service = service { $code }
change-service-named = { $name } ({ $code })
change-service-none = a row without service code
change-clock = { $hour }:{ $minute }
change-clock-none = no time
change-period = { $start }–{ $end }
change-date = { $year }-{ $month }-{ $day }
change-month = { $year }/{ $month }
change-text = “{ $text }”
change-meaning = { $code } ({ $meaning })

change-careplan = the care plan of { $date }
change-planmonth = the plan of { $month }
change-actual = the actuals of { $month } (office { $office }, { $service })
change-basicinformation = the basic information of { $date }
change-supportplan = the preventive care plan of { $date }

change-table-up1kyo = table 1
change-table-up2kyo = table 2
change-table-up3kyo = table 3
change-table-upplan = table 6
change-table-upsikyu = table 7
change-table-uphosoku = supplement
change-table-upjsk = table 6 (actuals)
change-table-upyobo = preventive care plan
change-table-upyobo_sub = table of support
change-table-upkihon = basic information
change-table-upkihon_sub1 = the day's timetable
change-table-upkihon_sub2 = medical history
change-table-upkihon_image = the drawing of the family
