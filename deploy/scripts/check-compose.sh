#!/usr/bin/env bash
# Every service of every profile: is it held as tightly as the others, watched, and are its variables explained?
set -euo pipefail
cd "$(dirname "$0")/../.."

found=$(mktemp)
trap 'rm -f "$found"' EXIT

docker compose -f docker-compose.monitoring.yml --env-file .env.example --profile '*' config --format json |
  jq -r '
    .services as $all | $all | to_entries[] | .key as $name | .value as $it
    # Asked by their target, having nothing inside that could ask.
    | ($name | IN("nginx-exporter", "mongodb-exporter", "celery-exporter")) as $asked
    | (($it.image // "") | test(":[^:/]*[0-9][^:/]*$") | not | select(.) | "its image `\($it.image)` is not pinned to a version"),
      (select($it.cap_drop != ["ALL"]) | "it does not drop all capabilities"),
      (select(($it.security_opt // []) | index("no-new-privileges:true") | not) | "it may gain privileges"),
      (select($it.privileged) | "it is privileged"),
      (select($it.mem_limit == null) | "its memory has no limit"),
      (select($it.restart != "unless-stopped") | "it is not started again"),
      (select($it.logging.options["max-size"] == null) | "its log grows without end"),
      ($it.ports // [] | .[] | select(.host_ip != "127.0.0.1") | "port \(.target) is open to others"),
      (select(($it.healthcheck | .test == null or .disable == true or .test == ["NONE"]) and ($asked | not)) | "it has no health check"),
      (select($it.profiles != null and ($name | endswith("-exporter"))) | ($name | sub("-exporter$"; "-target")) as $target
        | select($all[$target].profiles != $it.profiles or ($all[$target].command[1] | startswith($name + ":") | not)
            or $all[$target].healthcheck.test == null)
        | "no `\($target)` of the same profiles makes it known to Prometheus and asks whether it answers")
    | "docker-compose.monitoring.yml: \($name): \(.)"' >>"$found"

# A job that a profile brings has a file for further targets, with an example.
sed -n 's/^    command: \[\([a-z]*\), "\?[a-z-]*:[0-9]*.*/\1/p' docker-compose.monitoring.yml | while read -r job; do
  [ -f "prometheus/targets/$job.yml" ] || echo "prometheus/targets/$job.yml is missing" >>"$found"
done

# shellcheck disable=SC2016 # Not to be expanded: looked for.
grep -o '\${[A-Z_]*' docker-compose.monitoring.yml | tr -d "\${" | sort -u | while read -r variable; do
  grep -Eq "^(# )?$variable=" .env.example || echo ".env.example does not explain $variable" >>"$found"
done

if [ -s "$found" ]; then
  cat "$found" >&2
  exit 1
fi
