#!/bin/sh
# Make .venv hold exactly requirements.lock and this package; do nothing when it already does.
#
#   sh bootstrap.sh                          make or refresh .venv
#   PYTHON=/path/to/python3 sh bootstrap.sh  with this interpreter
#   sh bootstrap.sh uv                       only print where uv is (for `make lock`)
#
# Needs a POSIX shell and Python 3.11, 3.12 or 3.13 with pip. Writes only into .venv and .tools,
# besides the download caches of uv and pip. Exit 3 means that the machine lacks something.
set -eu
cd "$(dirname "$0")"

export UV_PYTHON_DOWNLOADS=never
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_REQUIRE_VIRTUALENV=0 PIP_USER=0
# Without .pyc files every notebook kernel compiles its imports again: seconds each.
unset PYTHONDONTWRITEBYTECODE VIRTUAL_ENV CONDA_PREFIX PYTHONHOME

stamp=.venv/.bootstrap-stamp
needed="3.11, 3.12 or 3.13"

say() { printf 'bootstrap: %s\n' "$*" >&2; }
lacking() {
    printf 'error: %s\n' "$1" >&2
    shift
    [ $# = 0 ] || printf '       %s\n' "$@" >&2
    exit 3
}
version_of() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }
is_suitable() { case $1 in 3.11.* | 3.12.* | 3.13.*) ;; *) return 1 ;; esac; }
has() { "$1" -c "import $2" >/dev/null 2>&1; }
sum_of() { cat "$@" | cksum | tr ' ' -; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        version=$(version_of "$PYTHON") || lacking "PYTHON=$PYTHON is not a Python that runs."
        is_suitable "$version" || lacking "PYTHON=$PYTHON is Python $version; $needed is needed."
        python=$PYTHON
    else
        python='' found=''
        for candidate in python3 python3.13 python3.12 python3.11 python; do
            version=$(version_of "$candidate") || continue
            if is_suitable "$version"; then python=$candidate; break; fi
            found="${found:+$found, }$candidate is $version"
        done
        [ -n "$python" ] || lacking "no Python $needed here (${found:-none on PATH})." \
            "On Debian 12 or Ubuntu 24.04: sudo apt-get install python3 python3-pip" \
            "If you have one elsewhere: PYTHON=/path/to/python3.12 make study"
    fi
    # The interpreter behind a virtual environment, which may be the .venv about to be replaced.
    python=$("$python" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
}

# pip as words to call: that of the chosen Python, of another one, or of a throw-away environment.
find_pip() {
    for candidate in "$python" python3; do
        if has "$candidate" pip; then pip=$candidate; return; fi
    done
    has "$python" ensurepip || lacking \
        "Python $version has neither pip nor ensurepip. On Debian/Ubuntu: sudo apt-get install python3-pip"
    "$python" -m venv .tools/pip
    pip=.tools/pip/bin/python
}

# uv on PATH, or the pinned one in .tools. Leaves $uv empty where pip has no uv for this machine.
find_uv() {
    uv=$(command -v uv) && "$uv" --version >/dev/null 2>&1 && return
    uv=.tools/bin/uv
    [ "$(cat .tools/stamp 2>/dev/null)" = "$(sum_of requirements-uv.lock)" ] && [ -x $uv ] && return
    find_python
    rm -rf .tools
    find_pip
    say "fetching uv into .tools"
    if "$pip" -m pip install -qq --target .tools --only-binary :all: --require-hashes \
        -r requirements-uv.lock && $uv --version >/dev/null; then
        sum_of requirements-uv.lock >.tools/stamp
    else
        uv=''
    fi
}

install_lock_with_uv() {
    [ -n "$uv" ] || return 1
    if [ -t 2 ]; then quiet=''; else quiet=-q; fi
    [ -x .venv/bin/python ] || "$uv" venv -q --python "$python" .venv || return 1
    "$uv" pip sync $quiet --require-hashes --compile-bytecode --python .venv/bin/python requirements.lock || return 1
    install() { "$uv" pip install --python .venv/bin/python "$@"; }
}

# pip reads mirrors and certificates from its own settings, so it can manage where uv does not.
install_lock_with_pip() {
    find_pip
    rm -rf .venv
    "$python" -m venv --without-pip .venv || return 1
    install() { "$pip" -m pip --python .venv/bin/python install "$@"; }
    install -qq --require-hashes -r requirements.lock
}

# Nothing may be fetched here: the build backend is one of the locked packages.
install_package() {
    install -q --no-deps --no-index --no-build-isolation -e .
}

# What .venv was made from: interpreter, place, lock, package metadata.
stamp_for() {
    printf '%s\n' "$1" "$(pwd -P)" "$(sum_of requirements.lock)" \
        "$(sum_of pyproject.toml src/infiltrate/__init__.py)"
}

is_current() {
    [ -f $stamp ] || return 1
    version=$(version_of "${PYTHON:-.venv/bin/python}") || return 1
    [ "$(stamp_for "$version")" = "$(cat $stamp)" ] && [ "$(version_of .venv/bin/python)" = "$version" ]
}

# One bootstrap at a time: a symbolic link named after the process is made in one step or not at all.
take_turn() {
    until ln -s $$ .venv.lock 2>/dev/null; do
        [ -w . ] || lacking "cannot write in $(pwd -P)."
        holder=$(readlink .venv.lock) || continue
        if kill -0 "$holder" 2>/dev/null; then
            [ "${waiting_for:-}" = "$holder" ] || say "waiting for process $holder, which is at it already"
            waiting_for=$holder
            sleep 1
        else
            rm -f .venv.lock
        fi
    done
    trap 'rm -f .venv.lock' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

if [ "${1:-}" = uv ]; then
    find_uv
    [ -n "$uv" ] || lacking "pip has no uv for this machine."
    echo "$uv"
    exit
fi

is_current && exit
take_turn
is_current && exit
find_python
find_uv
started=$(date +%s)
# An environment without a stamp was left half-made; one of another Python or place cannot be mended.
if [ "$(stamp_for "$version" | head -n 2)" != "$(head -n 2 $stamp 2>/dev/null)" ]; then
    say "making .venv with Python $version: about a minute and 1.2 GB the first time"
    rm -rf .venv
fi
rm -f $stamp
{
    install_lock_with_uv || {
        say "uv did not manage; trying with pip, which takes some minutes"
        install_lock_with_pip
    }
} && install_package || {
    say "failed: what went wrong stands above. .venv is incomplete; the next run starts it afresh."
    exit 1
}
stamp_for "$version" >$stamp
say "done in $(($(date +%s) - started)) s: .venv has requirements.lock on Python $version"
