#!/bin/sh
# Make sure that what comes from Debian's packages is there: install it when we may, otherwise
# print the one line to type and fail. Nothing is started, and no database cluster is made.
# Usage: requirements/debian.sh python|chromium|postgresql|pdf|mail ...
set -eu
export DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "$1" >&2; }

is_there() {
    case "$1" in
        python) "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ;;
        # The driver that speaks to the browser is linked to libatomic.
        chromium) command -v chromium >/dev/null && command -v chromium-headless-shell >/dev/null &&
            /sbin/ldconfig -p | grep -q 'libatomic\.so\.1' ;;
        postgresql) [ -x /usr/lib/postgresql/15/bin/initdb ] ;;
        pdf) for library in libpango-1.0 libpangoft2-1.0 libharfbuzz-subset; do
                /sbin/ldconfig -p | grep -q "$library\\.so\\.0" || return 1
            done ;;
        mail) [ -x /usr/sbin/postfix ] ;;
        proxy) [ -x /usr/sbin/nginx ] ;;
        compiler) command -v gcc >/dev/null && [ -e /usr/include/stdio.h ] ;;
        sealing) command -v gpg >/dev/null && command -v age >/dev/null ;;
        *) say "requirements/debian.sh: $1?"; exit 2 ;;
    esac
}

packages() {
    case "$1" in
        python) echo python3 python3-venv ;;
        chromium) echo chromium chromium-headless-shell libatomic1 ;;
        postgresql) echo postgresql-15 ;;
        pdf) echo libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ;;
        mail) echo postfix ;;
        proxy) echo nginx-light ;;
        compiler) echo gcc libc6-dev ;;
        sealing) echo gpg gpg-agent age ;;
    esac
}

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() {
    log=$(mktemp)
    if apt-get install -y --no-install-recommends "$@" >"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 5 "$log" >&2
        rm -f "$log"
        say "Không cài được $* / Could not install $*"
        exit 1
    fi
}

# Debian starts what it installs unless this file says no; one that stands already is left alone.
keep_services_down() {
    [ -e /usr/sbin/policy-rc.d ] && return
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
}

make_no_cluster() {
    [ -e /etc/postgresql-common/createcluster.conf ] && return
    apt_install postgresql-common
    sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
}

# Debian's mail server asks how it shall be set up: not at all, the tests bring files of their own.
set_up_no_mail() {
    echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
}

PYTHON=${PYTHON:-python3}
# A bare Debian has none yet: "python" brings it.
is_new_enough() { "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
if command -v "$PYTHON" >/dev/null && ! is_new_enough; then
    say "Cần Python 3.11 trở lên / Python 3.11 or newer is needed"
    exit 1
fi

missing=""
for need in "$@"; do
    is_there "$need" || missing="$missing $(packages "$need")"
done
[ -z "$missing" ] && exit 0
if ! may_install; then
    say "Cần cài một lần / Needed once: sudo apt-get install -y --no-install-recommends$missing"
    exit 1
fi
say "Đang cài / Installing:$missing"
keep_services_down
# Lists that came with the machine may be old; without a network they have to do.
apt-get update >/dev/null 2>&1 || true
case "$missing" in *postgresql-15*) make_no_cluster ;; esac
case "$missing" in *postfix*) set_up_no_mail ;; esac
# shellcheck disable=SC2086  # The packages are parted by spaces.
apt_install $missing
for need in "$@"; do
    is_there "$need" || { say "Vẫn thiếu / Still missing: $need"; exit 1; }
done
