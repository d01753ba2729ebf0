# Texts of findings. Every rule has "what" (the value) and "what to do" (.remedy).

finding = { $place }: { $what } { $remedy }
place-file = "{ $file }"
place-row = "{ $file }", row { $row }
place-cell = "{ $file }", row { $row }, column { $column }
place-field = "{ $file }", row { $row }, column { $column } ({ $field })
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
    .remedy = Export fewer people at a time from your care software.
cp-file-003 = There are two files of this name.
    .remedy = Keep the one to be sent, and move the other to another folder.
cp-file-004 = It is not a JPEG picture.
    .remedy = Register the picture again in your care software, and write the files once more.
cp-file-005 = There are too many rows (at most { $limit }).
    .remedy = Export fewer people at a time from your care software.

cp-text-001 = The text is UTF-8. The standard asks for Shift-JIS.
    .remedy = It can be sent as it is, but the receiver may see garbled characters. Set your care software to Shift-JIS.
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

cp-month-001 = There are rows of another month than { $month }. One file holds one month.
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
