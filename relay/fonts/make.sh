#!/usr/bin/env bash
# Makes the fonts of the charts anew: subsets of Debian's Noto fonts with the letters of the catalogues' `chart-…` words.
# To be run after such a word has got a letter that no font has; a test says so. Needs the packages below.
set -euo pipefail
cd "$(dirname "$0")"
for file in /usr/bin/pyftsubset /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf \
  /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc; do
  [ -e "$file" ] || {
    echo "make.sh: $file is missing; apt-get install fonttools fonts-noto-core fonts-noto-cjk" >&2
    exit 1
  }
done

# Latin with its accents, Cyrillic, dashes, quotes, the ellipsis and what is drawn for a letter that no font has.
letters='U+0020-007E,U+00A0-017F,U+0400-045F,U+0490-0491,U+2010-2015,U+2018-201E,U+2022,U+2026,U+2032,U+2033,U+FFFD'

# OUTPUT FONT NUMBER LETTERS
subset() {
  pyftsubset "$2" --font-number="$3" "${@:4}" --output-file="$1" --layout-features='kern,mark,mkmk,ccmp,locl,tnum' \
    --no-hinting --desubroutinize --name-IDs='0,1,2,3,4,5,6,13,14' --notdef-outline
  echo "$1: $(wc -c <"$1") bytes" >&2
}
for weight in Regular Bold; do
  subset "NotoSans-$weight.ttf" "/usr/share/fonts/truetype/noto/NotoSans-$weight.ttf" 0 --unicodes="$letters"
done
words() { sed -n '/^chart-/,/^[^ }c]/p' "../locales/$1.ftl" | grep -oP '[^\x00-\x7F]' | sort -u | tr -d '\n'; }
# The faces within the collection, in Debian's order: Japanese, Korean, simplified, traditional.
subset NotoSansCJKsc-Regular.otf /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc 2 --text="$(words zh-CN)"
subset NotoSansCJKtc-Regular.otf /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc 3 --text="$(words zh-TW)"
