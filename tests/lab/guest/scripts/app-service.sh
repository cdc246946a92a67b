#!/bin/bash
# Install a small service of our own.
set -e
app=${APP:-metrics}
cat > "/usr/local/bin/$app" <<'APP'
#!/bin/sh
while true; do date +%s > /run/metrics.prom; sleep 15; done
APP
chmod 0755 "/usr/local/bin/$app"

cat > "/etc/systemd/system/$app.service" <<EOT
[Unit]
Description=$app exporter
After=network.target

[Service]
ExecStart=/usr/local/bin/${BINARY:-$app}
Restart=always

[Install]
WantedBy=multi-user.target
EOT
systemctl daemon-reload
systemctl enable --now "$app"
systemctl status "$app" | grep -q 'active (running)'
chkconfig sshd on
echo "$(systemctl is-enabled "$app") and $(systemctl is-active "$app")"
