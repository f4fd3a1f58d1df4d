#!/bin/sh
# For the image's build: picks out of Debian's whole Asterisk what our configuration loads.
#   pick.sh MODULES_CONF OUT
# OUT/root: the program, those modules, its documentation and licences, and Debian's own record of the
# packages they are from (scanners read it). OUT/packages: the packages of the libraries they need.
set -eu
modules_conf=$1 out=$2
mkdir -p "$out/root/var/lib/dpkg/status.d"

folder=$(realpath /usr/lib/asterisk/modules)
sed -nE 's/^(load|require|@ARI_LOAD@) = (.*)$/\2/p' "$modules_conf" > "$out/modules"
set -- "$(command -v asterisk)"
while read -r module; do set -- "$@" "$folder/$module"; done < "$out/modules"

for file in "$@"; do ldd "$file"; done | awk '/=> \//{ print $3 }' |
    xargs realpath | sort -u > "$out/libraries"
while read -r library; do
    package=$(dpkg -S "$library" | cut -d: -f1)
    case $package in
        asterisk*) set -- "$@" "$library" ;;
        *) echo "$package" ;;
    esac
done < "$out/libraries" > "$out/owners"
{ sort -u "$out/owners"; echo ca-certificates; } > "$out/packages"

tar -C / -cf - "$@" /usr/share/asterisk/documentation /usr/share/doc/asterisk*/copyright 2>/dev/null |
    tar -C "$out/root" -xf -
for package in asterisk asterisk-modules; do
    dpkg -s "$package" > "$out/root/var/lib/dpkg/status.d/$package"
done
