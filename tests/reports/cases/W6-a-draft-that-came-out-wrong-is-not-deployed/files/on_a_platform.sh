# Run the lines of stdin against an embedded platform of their own, on a free port; end it after that.
export PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export THUNDERPHONE_API_KEY=sk_live_any_key_will_do_here THUNDERPHONE_API_BASE_URL=http://127.0.0.1:$PORT
reconciler emulator --port "$PORT" > platform.log 2>&1 & platform=$!
trap 'kill $platform' EXIT
until python3 -c 'import os, socket; socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))' 2> /dev/null; do sleep 0.2; done
. /dev/stdin
