#!/bin/sh
# Install, upgrade or remove Hài Lòng as services of this machine: Debian 12 and 13, as root.
# Usage: systemd/install.sh install|uninstall
#   DESTDIR   a root to install into instead of /; nothing is started and no user is made there
#   PREFIX    where the program lies, /opt/hailong
#   WHEELS    a folder of wheels to install from, for a machine without a network
# An upgrade is an install again: the new release is made beside the old one, the database is brought
# to its form after a backup, and only then does the new one take the old one's place.
set -eu
umask 022

PREFIX=${PREFIX:-/opt/hailong}
DESTDIR=${DESTDIR:-}
PYTHON=${PYTHON:-python3}
SOURCE=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
ROOT=$DESTDIR$PREFIX
ETC=$DESTDIR/etc/hailong
UNITS=$DESTDIR/etc/systemd/system
COMMAND=$DESTDIR/usr/local/sbin/hailong
DATA=$DESTDIR/var/lib/hailong
SERVICES="hailong-web.socket hailong-web.service hailong-jobs.service hailong-backup.timer"
UNIT_FILES="$SERVICES hailong-backup.service hailong.slice"
PARTS="satisfaction kiosk admin static templates docs systemd requirements
    wsgi.py pyproject.toml README.md CHANGELOG.md LICENSE"

say() { printf '%s\n' "$1"; }
fail() { printf '%s\n' "$1" >&2; exit 1; }
has_systemd() { [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; }
version_in() { sed -n 's/^version = "\(.*\)"$/\1/p' "$1/pyproject.toml"; }

require_root() {
    [ "$(id -u)" = 0 ] || fail "Cần quyền root: sudo make $1 / Root is needed: sudo make $1"
}

# Refuse to put an older program in the place of a newer one.
refuse_downgrade() {
    [ -e "$ROOT/current/app/pyproject.toml" ] || return 0
    old=$(version_in "$ROOT/current/app"); new=$(version_in "$SOURCE")
    newest=$(printf '%s\n%s\n' "$old" "$new" | sort -V | tail -n 1)
    [ "$newest" = "$new" ] || fail "Đang có bản mới hơn ($old), không hạ xuống $new / \
Version $old is installed and newer; it is not replaced by $new"
}

make_user() {
    install -D -m 644 "$SOURCE/systemd/hailong.sysusers" "$DESTDIR/usr/lib/sysusers.d/hailong.conf"
    [ -z "$DESTDIR" ] || return 0
    id hailong >/dev/null 2>&1 && return 0
    if command -v systemd-sysusers >/dev/null; then
        systemd-sysusers hailong.conf
    else
        useradd --system --user-group --home-dir /var/lib/hailong --shell /usr/sbin/nologin hailong
    fi
}

make_release() {
    RELEASE=$ROOT/releases/$(version_in "$SOURCE")-$(date -u +%Y%m%d%H%M%S)
    # Whatever breaks off before the new release takes the old one's place leaves nothing behind.
    trap 'rm -rf "$RELEASE"' EXIT
    mkdir -p "$RELEASE/app"
    for part in $PARTS; do cp -R "$SOURCE/$part" "$RELEASE/app/"; done
    find "$RELEASE/app" -name __pycache__ -type d -prune -exec rm -rf {} +
    "$PYTHON" -m venv "$RELEASE/venv"
    from=""
    [ -z "${WHEELS:-}" ] || from="--no-index --find-links $WHEELS"
    # shellcheck disable=SC2086  # The options are parted by spaces.
    "$RELEASE/venv/bin/python" -m pip --disable-pip-version-check --no-input install --quiet \
        --require-hashes --only-binary :all: --no-deps $from -r "$SOURCE/requirements/run.txt"
    "$RELEASE/venv/bin/python" -m compileall -q "$RELEASE/app/satisfaction" "$RELEASE/app/kiosk" \
        "$RELEASE/app/admin" "$RELEASE/app/wsgi.py"
}

make_settings() {
    install -d -m 755 "$ETC"
    install -d -m 700 "$ETC/credentials"
    [ -e "$ETC/hailong.env" ] || install -m 640 "$SOURCE/systemd/hailong.env" "$ETC/hailong.env"
    mkdir -p "$UNITS" "$(dirname "$COMMAND")"
    sed "s|/opt/hailong|$PREFIX|g" "$SOURCE/systemd/hailong" >"$COMMAND"
    chmod 755 "$COMMAND"
    for unit in $UNIT_FILES; do
        sed "s|/opt/hailong|$PREFIX|g" "$SOURCE/systemd/$unit" >"$UNITS/$unit"
        chmod 644 "$UNITS/$unit"
    done
    [ -n "$DESTDIR" ] || install -d -m 700 -o hailong -g hailong "$DATA"
}

stop_services() {
    has_systemd || return 0
    # The socket stays: whoever comes meanwhile waits for the new release.
    systemctl stop hailong-web.service hailong-jobs.service 2>/dev/null || true
}

# Bring the database to the release's form as the services' user, with their settings and secrets.
prepare_database() {
    [ -z "$DESTDIR" ] || return 0
    RELEASE=$RELEASE "$COMMAND" database prepare
}

start_services() {
    has_systemd || return 0
    systemctl daemon-reload
    # shellcheck disable=SC2086
    systemctl enable --quiet --now $SERVICES
}

keep_two_releases() {
    # shellcheck disable=SC2012  # The names are ours.
    ls -1d "$ROOT"/releases/* | sort -V | head -n -2 | while read -r old; do
        [ "$old" = "$(readlink -f "$ROOT/current")" ] || rm -rf "$old"
    done
}

do_install() {
    [ -n "$DESTDIR" ] || require_root install
    refuse_downgrade
    make_user
    say "Đang cài vào $ROOT / Installing into $ROOT"
    make_release
    make_settings
    stop_services
    if ! prepare_database; then
        start_services
        fail "Chưa nâng cấp, bản cũ chạy tiếp / Not upgraded, the old version goes on"
    fi
    ln -sfn "releases/$(basename "$RELEASE")" "$ROOT/current.new"
    mv -T "$ROOT/current.new" "$ROOT/current"
    trap - EXIT
    start_services
    keep_two_releases
    say "Đã cài bản $(version_in "$SOURCE") / Version $(version_in "$SOURCE") is installed"
    has_systemd || say "systemd không chạy ở đây, chưa khởi động gì / systemd does not run here, \
nothing was started"
}

do_uninstall() {
    [ -n "$DESTDIR" ] || require_root uninstall
    if has_systemd; then
        # shellcheck disable=SC2086
        systemctl disable --quiet --now $SERVICES 2>/dev/null || true
    fi
    # The administrator's own additions, in folders such as hailong-web.service.d, stay.
    for unit in $UNIT_FILES; do rm -f "$UNITS/$unit"; done
    rm -f "$DESTDIR/usr/lib/sysusers.d/hailong.conf" "$COMMAND"
    rm -rf "$ROOT"
    if has_systemd; then systemctl daemon-reload; fi
    say "Đã gỡ; dữ liệu còn ở $DATA, cấu hình ở $ETC / Removed; data stays in $DATA, settings in $ETC"
}

case "${1:-}" in
    install) do_install ;;
    uninstall) do_uninstall ;;
    *) fail "Usage: systemd/install.sh install|uninstall" ;;
esac
