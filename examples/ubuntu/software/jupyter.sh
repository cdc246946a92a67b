#!/bin/bash
# A notebook server in a container that sees the GPU.
set -euo pipefail
docker rm -f jupyter 2>/dev/null || true
docker run -d --gpus all --restart=always --name jupyter -p 8888:8888 \
    quay.io/jupyter/pytorch-notebook:cuda12-latest
