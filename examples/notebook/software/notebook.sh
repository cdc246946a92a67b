#!/bin/bash
# A notebook server in a container.
set -euo pipefail
docker rm -f notebook 2>/dev/null || true
docker run -d --restart=always --name notebook -p 8888:8888 quay.io/jupyter/base-notebook
