#!/bin/sh
# sh noted.sh FOLDER NAME COMMAND... - runs a test and keeps what it said, and how it ended, in
# FOLDER/NAME, for the table of the fault rows.
folder=$1
name=$2
shift 2
mkdir -p "$folder"
rm -f "$folder/$name"
code=0
"$@" >"$folder/$name.part" 2>&1 || code=$?
echo "exit $code" >>"$folder/$name.part"
mv "$folder/$name.part" "$folder/$name"
sed '$d' "$folder/$name"
exit "$code"
