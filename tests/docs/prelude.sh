# Sourced before the commands of a page; running.py says how they are run.
ROOT=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")

# Pages speak of the files of a checkout.
ln -sfn "$ROOT/docs" docs

# The console command, which is manage.py with the environment's interpreter.
records() { "$PYTHON" "$ROOT/manage.py" "$@"; }

# Targets that take minutes or install packages are not run inside a test: .ci/run runs them.
make() { command make --directory "$ROOT" --dry-run "$@" >/dev/null; }

# Programs of others that are not installed everywhere. Each asks the address on its command line for the list of
# tools, with the header on its command line: what the page tells a reader to type must reach the server.
claude() { list_tools "$@"; }
npx() { list_tools "$@"; }
list_tools() {
  local url="" header=""
  while [ $# -gt 0 ]; do
    case "$1" in
      http://* | https://*) url=$1 ;;
      --header) header=$2 ;;
    esac
    shift
  done
  curl -sS --fail-with-body "$url" -H "$header" -H 'Content-Type: application/json' \
    -H 'Accept: application/json, text/event-stream' -d '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}' |
    grep -o '"name":"[a-z_]*"'
}
