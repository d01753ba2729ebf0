# Texts of findings. Every rule has "what" (the value) and "what to do" (.remedy).

finding = { $place }: { $what } { $remedy }
place-file = "{ $file }"
place-row = "{ $file }", row { $row }
place-cell = "{ $file }", row { $row }, column { $column }
place-field = "{ $file }", row { $row }, column { $column } ({ $field })
reader-error = Tell the sender, and ask for the files once more.
reader-warning = It could be read. If you doubt what it says, ask the sender.
reader-info = Nothing needs to be done.
list-separator = {", "}
year-and-month = { $year }/{ $month }

kind-up1kyo = UP1KYO (care plan, table 1)
kind-up2kyo = UP2KYO (care plan, table 2)
kind-up3kyo = UP3KYO (care plan, table 3, the week)
kind-upplan = UPPLAN (table 6, plan)
kind-upsikyu = UPSIKYU (table 7)
kind-uphosoku = UPHOSOKU (supplement about the person)
kind-dlt1kyo = DLT1KYO (deletion of a care plan)
kind-dltplan = DLTPLAN (deletion of a month's plan)
kind-upjsk = UPJSK (table 6, actuals)
kind-dltjsk = DLTJSK (deletion of actuals)
kind-upyobo = UPYOBO (preventive care plan)
kind-upyobo_sub = UPYOBO_SUB (rows of the preventive care plan)
kind-upkihon = UPKIHON (basic information)
kind-upkihon_sub1 = UPKIHON_SUB1 (basic information, day timetable)
kind-upkihon_sub2 = UPKIHON_SUB2 (basic information, medical history)
kind-upkihon_image = UPKIHON_IMAGE (picture of the family)
kind-dltkihon = DLTKIHON (deletion of basic information)
kind-dltyobo = DLTYOBO (deletion of a preventive care plan)

cp-name-001 = This is not a file of the care-plan exchange.
    .remedy = Choose CSV files that your care software wrote. If this file need not be sent, take it out of the folder.
cp-name-002 = The name looks like that of { $kind }, but { $part ->
        [month] the month (6 digits)
        [sender] the sender's office number (10 characters)
        [receiver] the receiver's office number (10 characters)
        [service-kinds] a service kind (2 characters)
        [serial] the serial (14 digits)
        [number] the number of the picture (4 digits)
       *[ending] the ending ".CSV" or ".jpg"
    } is not right.
    .remedy = If you renamed the file, give it its old name. If not, write it again from your care software.
cp-name-003 = The service kinds in the file name have three characters.
    .remedy = Make sure of the receiver's service kind before you send. The newest version of your care software writes two.
cp-name-004 = The file name holds a month, which { $kind } does not have.
    .remedy = It can be sent as it is. If the receiver cannot import it, tell the maker of your care software.
cp-name-005 = The last digit of the office number { $office } does not fit the others.
    .remedy = Check the office number that is registered in your care software.
cp-name-006 = The service kind { $service } is not in the standard's list.
    .remedy = Check the service kind that is registered in your care software.
cp-name-007 = The content is of edition 4.1, but the file name has the old form without service kinds.
    .remedy = Make sure of the receiver's service kind before you send, and check the export settings of your care software.

cp-file-001 = There is no data in it.
    .remedy = Choose the people and the month again in your care software, and write the file once more.
cp-file-002 = The file is too large (at most { $limit } MB).
    .remedy = Export fewer people at a time from your care software, or make the picture smaller.
cp-file-003 = There are two files of this name.
    .remedy = Keep the one to be sent, and move the other to another folder.
cp-file-004 = It is not a JPEG picture.
    .remedy = Register the picture again in your care software, and write the files once more.
cp-file-005 = There are too many rows (at most { $limit }).
    .remedy = Export fewer people at a time from your care software.

cp-text-001 = The text is UTF-8. The standard asks for Shift-JIS.
    .remedy = Your partner's software would show garbled characters, so it cannot be sent as it is. It can be mended automatically. Set your care software to Shift-JIS too.
cp-text-002 = There is a character that cannot be read.
    .remedy = Enter this text again in your care software, and write the file once more.
cp-text-003 = The text is UTF-16. The receiver cannot read it.
    .remedy = Do not use files saved by a spreadsheet; send the file as your care software wrote it.
cp-text-004 = There is a character that cannot be used (NUL). The file may be damaged.
    .remedy = Write the file again from your care software.
cp-text-005 = There is a character that was made on one computer only (gaiji). The receiver may see another one.
    .remedy = Replace it by an ordinary character in your care software, and write the file once more.

cp-row-001 = A quotation mark that begins here is never closed.
    .remedy = The file may have been cut off. Write it again from your care software.
cp-row-002 = Something follows a closing quotation mark.
    .remedy = It can be sent as it is, but the receiver may misread it. Write the file again from your care software.
cp-row-003 = The text of one cell is too long (at most { $limit } KB).
    .remedy = Shorten this text in your care software, and write the file once more.
cp-row-004 = There are too few columns ({ $found } where { $expected } are due).
    .remedy = Do not use files saved by a spreadsheet; write the file again from your care software.
cp-row-005 = There are too many columns ({ $found } where { $expected } are due).
    .remedy = Do not use files saved by a spreadsheet; write the file again from your care software.
cp-row-006 = There is a row of headings. It is no data and was passed over.
    .remedy = It can be sent as it is, but the receiver may be unable to import it. Turn headings off in your care software.

cp-cell-001 = This cell is empty or cannot be read.
    .remedy = Correct what is registered for this person in your care software, and write the file once more.
cp-cell-002 = The length or the characters of this cell are unusual (such as full-width digits, or zeros lost at the front).
    .remedy = Check what is registered in your care software. Do not use files saved by a spreadsheet.
cp-cell-003 = The CSV version { $version } is not one of the standard's.
    .remedy = It can be sent as it is. If the receiver cannot import it, tell the maker of your care software.
cp-cell-004 = Another CSV version ({ $version }) stands in the same file.
    .remedy = Write the file again from your care software, one month at a time.

cp-month-001 = This is another month than { $month }. One file holds one month.
    .remedy = Write the file again from your care software, one month at a time.
cp-month-002 = The file name says { $month }, but the content is of another month.
    .remedy = Do not rename files; write it again from your care software for the right month.
cp-month-003 = The files with this serial are of { $month }, but this one is of { $other }.
    .remedy = Write the files again from your care software, all for the same month.
cp-month-004 = The month of the supplement does not fit the tables it goes with (000000 with tables 1 to 3, their month with tables 6 and 7).
    .remedy = It can be sent as it is, but the receiver may be unable to import it. Write the files again from your care software.

cp-unit-001 = { $kind } cannot be sent under the same serial as { $others }.
    .remedy = Write them separately from your care software, so that each gets its own serial.
cp-unit-002 = { $missing }, which goes with it, is missing.
    .remedy = Write the files again together from your care software, and choose all of them.
cp-unit-003 = { $missing }, which goes with it, has another serial ({ $serial }).
    .remedy = Write the files together from your care software, so that they share one serial.
cp-unit-004 = There are two files of { $kind } with this serial.
    .remedy = Keep the one to be sent, and move the other to another folder.
cp-unit-005 = { $missing } is missing: the plan would go without its rows.
    .remedy = If there are rows, write the files again together from your care software.
cp-unit-006 = This file is of another edition of the standard than those that go with it.
    .remedy = It can be sent as it is, but the receiver may be unable to import it. Write the files again together from your care software.

cp-image-001 = The picture { $image } of this person is missing.
    .remedy = Choose the picture too, or write the files again together from your care software.
cp-image-002 = It is not known whose picture this is (the basic information does not name it).
    .remedy = Move a picture that is not to be sent to another folder, or write the files again together from your care software.
cp-image-003 = The file name of the picture is not right.
    .remedy = Register the picture again in your care software, and write the files once more.

cp-more-001 = There are { $count } more findings of this kind ({ $code }).
    .remedy = Correct them like those above.

cp-name-008 = The file name is spelled otherwise than the standard spells it (small letters, for example). It should be "{ $name }".
    .remedy = It can be sent, but your partner's software may not take it. It can be mended automatically.
cp-name-009 = The file name carries the mark of a copy (such as " (1)" or "Copy"). It should be "{ $name }".
    .remedy = Use the original file if you have it. If not, the name can be mended automatically.
cp-name-010 = The file name does not end with ".CSV". It should be "{ $name }".
    .remedy = It can be mended automatically. Do not use files that a spreadsheet program has saved.
cp-name-011 = The service kinds of sender and receiver stand the wrong way round in the file name. It should be "{ $name }".
    .remedy = It can be sent, but your partner's software may not take it. It can be mended automatically. Please tell the maker of your care software too.
cp-name-012 = There are services of another kind than the one in the file name ({ $service }).
    .remedy = Check receiver and service kind in your care software, and export once more for each kind.
cp-name-013 = The number here is another than the office number in the file name ({ $office }).
    .remedy = Check your own office number and the receiver in your care software.

cp-text-006 = Rows end otherwise than the standard's CRLF.
    .remedy = It can be sent, but your partner's software may not take it. It can be mended automatically.
cp-text-007 = There is a character that Shift-JIS (MS932) does not have.
    .remedy = Replace it in your care software with another one (kana, or a similar character).
cp-text-008 = There is an invisible control character.
    .remedy = Type the text of this field again in your care software.

cp-cell-005 = This field must not be empty.
    .remedy = Fill it in your care software and export once more.
cp-cell-006 = The standard asks for this field, and it is empty.
    .remedy = It can be sent, but your partner's software may not take it. Fill the field in your care software.
cp-cell-007 = This is too long (at most { $limit } characters).
    .remedy = It can be sent, but may be cut off at your partner's. Shorten it in your care software.
cp-cell-008 = This is not a date (eight digits, such as 20251104).
    .remedy = Do not use files that a spreadsheet program has saved. Enter the date again in your care software and export once more.
cp-cell-009 = This is not a time (four digits, such as 0930; 9999 for services without one).
    .remedy = Do not use files that a spreadsheet program has saved. Enter the time again in your care software and export once more.
cp-cell-010 = This is not a number.
    .remedy = Do not use files that a spreadsheet program has saved. Enter the number again in your care software and export once more.
cp-cell-011 = These are not the days for proration (31 characters, 0 or 1, one per day).
    .remedy = Check the settings for proration in your care software and export once more.
cp-cell-012 = This is not a number or code of the right form.
    .remedy = Check what is registered in your care software and export once more.
cp-cell-013 = This time is later than 24:00, for which the standard has no rule.
    .remedy = It can be sent, but may become another time at your partner's. Please agree with them.
cp-cell-014 = This is not a month (six digits, such as 202511).
    .remedy = Choose the month again in your care software and export once more.
cp-cell-015 = The CSV version is empty, or not of six digits.
    .remedy = Export once more from your care software. If it comes again, tell the maker of the software.

cp-code-001 = This is none of the codes for this field ({ $codes }).
    .remedy = Choose again in your care software.
cp-code-002 = Service kind { $service } is not in the list.
    .remedy = Check the service code in your care software.
cp-code-003 = Service kind { $service } is not part of the care-plan data exchange.
    .remedy = It can be sent. See whether your care software can export only what takes part.
cp-code-004 = The last digit of the insurer number does not fit the rule for such numbers.
    .remedy = Compare the insurer number in your care software with the person's insurance card.
cp-code-005 = The last digit of office number { $office } does not fit the rule for such numbers.
    .remedy = Check the office number that is registered in your care software.
cp-code-006 = This TAIS code has another form (five digits, hyphen, six digits, such as 00001-000010).
    .remedy = Check the TAIS code of the equipment in your care software.
cp-code-007 = This postal code has another form (such as 123-4567).
    .remedy = Check the postal code in your care software.

cp-need-001 = Equipment on loan has neither a TAIS code nor a notification code.
    .remedy = It can be sent, but your partner's software may not take it. Enter one of them in your care software.
cp-need-002 = A detail number belongs to equipment on loan only.
    .remedy = It can be sent, but your partner's software may not take it. Please tell the maker of your care software.
cp-need-003 = What was chosen for "{ $field }" asks for an explanation.
    .remedy = Enter it in this field in your care software.

cp-date-001 = This day is not in { $month }.
    .remedy = Mend the date of this service in your care software and export once more.
cp-date-002 = Only one of beginning and end has a time.
    .remedy = Enter both times in your care software, or none for a service without a time.
cp-date-003 = Beginning and end are the same time.
    .remedy = Check the times in your care software.
cp-date-004 = The last day is before the first.
    .remedy = Mend the period in your care software.
cp-date-005 = The date of birth is later than the plan.
    .remedy = Mend the date of birth in your care software.
cp-date-006 = A day that the month does not have counts for proration.
    .remedy = Check the settings for proration in your care software.
cp-date-007 = This month is to be made in edition { $expected }, and the file is of edition { $edition }.
    .remedy = It can be sent, but your partner's software may not take it. Check the edition that your care software exports.
cp-date-008 = The first plan is dated later than this plan.
    .remedy = Check the dates in your care software.

cp-month-005 = This field of the supplement should hold zeros here (the month with tables 1 to 3, the date with tables 6 and 7).
    .remedy = It can be sent, but your partner's software may not take it. Export once more from your care software.

cp-double-001 = There is another row for the same person and date (or month): row { $row }.
    .remedy = See which one is right, leave one in your care software, and export once more.
cp-double-002 = The numbers are the same as in row { $row }.
    .remedy = It can be sent, but one of the two may be lost at your partner's. Number them anew in your care software.
cp-double-003 = Row { $row } has the same service on the same day at the same time.
    .remedy = If it takes place twice, make the count 2; if not, remove one, and export once more.
cp-double-004 = Row { $row } of table 7 says the same.
    .remedy = Make table 7 anew in your care software and export once more.

cp-link-001 = This person (or plan date) is not in { $missing }.
    .remedy = Choose the same people in your care software and export everything together once more.
cp-link-002 = There is no { $missing } for this person.
    .remedy = It can be sent, but your partner's software may not take it. Export everything together once more.

cp-benefit-001 = Table 7 has no grand total for this person.
    .remedy = Make table 7 anew in your care software and export once more.
cp-benefit-002 = Table 7 has two grand totals for this person.
    .remedy = Make table 7 anew in your care software and export once more.
cp-benefit-003 = Table 7 has no subtotal for service kind { $service }.
    .remedy = Make table 7 anew in your care software and export once more.
cp-benefit-004 = Units times count make { $expected }, and here stands { $found }.
    .remedy = Have your care software calculate table 7 anew and export once more.
cp-benefit-005 = The lines add up to { $expected }, and the subtotal is { $found }.
    .remedy = Have your care software calculate table 7 anew and export once more.
cp-benefit-006 = The sum is { $expected }, and the total is { $found }.
    .remedy = Have your care software calculate table 7 anew and export once more.
cp-benefit-007 = A subtotal or total has units or a discount (units should be 0, discounts empty).
    .remedy = It can be sent, but sums may not agree at your partner's. Please tell the maker of your care software.
cp-benefit-008 = Units and price make { $expected } yen, and here stand { $found } yen.
    .remedy = Check the price per unit and have your care software calculate table 7 anew.
cp-benefit-009 = Cost and rate make { $expected } yen, and here stand { $found } yen.
    .remedy = Check the rate of benefit and have your care software calculate table 7 anew.
cp-benefit-010 = The days of short stay add up to { $expected }, and here stands { $found }.
    .remedy = Check the days of short stay in your care software.

cp-tables-001 = Service { $service } is in table 6 and not in table 7.
    .remedy = Make table 7 anew in your care software and export once more.
cp-tables-002 = Service { $service } is in table 7 and not in table 6.
    .remedy = Make tables 6 and 7 anew in your care software and export once more.
cp-tables-003 = Service { $service } takes place { $expected } times in table 6 and { $found } times in table 7.
    .remedy = Make table 7 anew in your care software and export once more.
cp-tables-004 = Service { $service } has { $expected } units in table 6 and { $found } in table 7.
    .remedy = Have your care software calculate table 7 anew and export once more.

cp-over-001 = "Over 30 days" is set on a service that is no short stay.
    .remedy = Check this service in your care software.
cp-over-002 = The mark "over 30 days" does not fit the sort of subtotal.
    .remedy = Make table 7 anew in your care software and export once more.

cp-privacy-001 = This person has no service of the receiving office ({ $office }). You may be about to send personal data to people who have nothing to do with it.
    .remedy = Choose receiver and people again in your care software and export once more.

cp-unit-007 = { $kind } seems to go in the wrong direction.
    .remedy = Check receiver and service kind in your care software.

cp-file-006 = This table has no row.
    .remedy = If there is nothing to say, it can be sent. If there should be something, export once more from your care software.
cp-code-008 = The code of a subtotal or total stands in a row of a service.
    .remedy = Check the service code in your care software and export once more.
cp-need-004 = Limits by service kind are filled from the first on, and the one before this is empty.
    .remedy = It can be sent, but your partner's software may not read the limit. Please tell the maker of your care software.
cp-need-005 = A service of the week has no day.
    .remedy = Enter the day of the week in your care software.
cp-benefit-011 = Only one of the total's office number (9999999999) and code (999999) is there.
    .remedy = Make table 7 anew in your care software and export once more.
cp-privacy-002 = Table 2 of this person names other offices only, and not the receiving one ({ $office }).
    .remedy = Check receiver and people. If they are right, it can be sent.
