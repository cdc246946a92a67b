// main.go: govmomi's vCenter simulator as a process for the contract tests.
//
//	vcsim -dir DIR [-hosts N] [-machines N]
//
// Serves the VPX model on loopback, with what the library lacks for our steps: the managers of
// graphics, power policy and services of every host, and one NVIDIA card in each. Writes
// DIR/ca.pem, then DIR/url ("127.0.0.1:PORT"), and ends when its standard input closes.
// Facts: vsphere-api.md §13.2.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const cardID = "0000:3b:00.0"

type graphicsManager struct {
	mo.HostGraphicsManager
	host *simulator.HostSystem
}

func (m *graphicsManager) RefreshGraphicsManager(*types.RefreshGraphicsManager) soap.HasFault {
	return &methods.RefreshGraphicsManagerBody{Res: &types.RefreshGraphicsManagerResponse{}}
}

func (m *graphicsManager) UpdateGraphicsConfig(req *types.UpdateGraphicsConfig) soap.HasFault {
	config := req.Config
	m.GraphicsConfig = &config
	m.host.Config.GraphicsConfig = &config
	return &methods.UpdateGraphicsConfigBody{Res: &types.UpdateGraphicsConfigResponse{}}
}

type powerSystem struct {
	mo.HostPowerSystem
	host *simulator.HostSystem
}

func (m *powerSystem) ConfigurePowerPolicy(req *types.ConfigurePowerPolicy) soap.HasFault {
	for _, policy := range m.host.Config.PowerSystemCapability.AvailablePolicy {
		if policy.Key == req.Key {
			m.host.Config.PowerSystemInfo = &types.PowerSystemInfo{CurrentPolicy: policy}
			return &methods.ConfigurePowerPolicyBody{Res: &types.ConfigurePowerPolicyResponse{}}
		}
	}
	return &methods.ConfigurePowerPolicyBody{
		Fault_: simulator.Fault("", &types.InvalidArgument{InvalidProperty: "key"})}
}

type serviceSystem struct {
	mo.HostServiceSystem
	host *simulator.HostSystem
}

func (m *serviceSystem) set(id string, running bool) *soap.Fault {
	for i := range m.host.Config.Service.Service {
		if m.host.Config.Service.Service[i].Key == id {
			m.host.Config.Service.Service[i].Running = running
			return nil
		}
	}
	return simulator.Fault("", &types.NotFound{})
}

func (m *serviceSystem) StartService(req *types.StartService) soap.HasFault {
	return &methods.StartServiceBody{
		Fault_: m.set(req.Id, true), Res: &types.StartServiceResponse{}}
}

func (m *serviceSystem) StopService(req *types.StopService) soap.HasFault {
	return &methods.StopServiceBody{
		Fault_: m.set(req.Id, false), Res: &types.StopServiceResponse{}}
}

func reference(kind string, host *simulator.HostSystem) *types.ManagedObjectReference {
	return &types.ManagedObjectReference{Type: kind, Value: kind + "-" + host.Self.Value}
}

// The card, as the host's hardware and as its graphics show it.
func addCard(host *simulator.HostSystem) {
	host.Hardware.PciDevice = append(append([]types.HostPciDevice{}, host.Hardware.PciDevice...),
		types.HostPciDevice{Id: cardID, ClassId: 0x302, Bus: 0x3b, VendorId: 0x10de,
			DeviceId: 0x15f8, VendorName: "NVIDIA Corporation", DeviceName: "Tesla P100-PCIE-16GB"})
	host.Config.GraphicsInfo = []types.HostGraphicsInfo{{DeviceName: "Tesla P100-PCIE-16GB",
		VendorName: "NVIDIA Corporation", PciId: cardID, GraphicsType: "basic",
		MemorySizeInKB: 16 << 20}}
	host.Config.GraphicsConfig = &types.HostGraphicsConfig{HostDefaultGraphicsType: "shared",
		SharedPassthruAssignmentPolicy: "performance",
		DeviceType: []types.HostGraphicsConfigDeviceType{
			{DeviceId: cardID, GraphicsType: "shared"}}}
}

func addManagers(host *simulator.HostSystem) {
	addCard(host)
	graphics := &graphicsManager{host: host}
	graphics.Self = *reference("HostGraphicsManager", host)
	graphics.GraphicsConfig = host.Config.GraphicsConfig
	graphics.GraphicsInfo = host.Config.GraphicsInfo
	power := &powerSystem{host: host}
	power.Self = *reference("HostPowerSystem", host)
	services := &serviceSystem{host: host}
	services.Self = *reference("HostServiceSystem", host)
	simulator.Map.Put(graphics)
	simulator.Map.Put(power)
	simulator.Map.Put(services)
	host.ConfigManager.GraphicsManager = &graphics.Self
	host.ConfigManager.PowerSystem = &power.Self
	host.ConfigManager.ServiceSystem = &services.Self
}

// The library's own certificate has a key that OpenSSL 3 calls too weak.
func makeCertificate() (tls.Certificate, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1),
		Subject: pkix.Name{CommonName: "vcsim"}, IPAddresses: []net.IP{{127, 0, 0, 1}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func write(dir, name string, data []byte) {
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		log.Fatal(err)
	}
}

func main() {
	dir := flag.String("dir", ".", "where ca.pem and url are written")
	hosts := flag.Int("hosts", 3, "hosts of the cluster")
	machines := flag.Int("machines", 2, "machines of the cluster and of the standalone host, each")
	flag.Parse()

	model := simulator.VPX()
	model.ClusterHost = *hosts
	model.Machine = *machines
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}
	for _, entity := range simulator.Map.All("HostSystem") {
		addManagers(simulator.Map.Get(entity.Reference()).(*simulator.HostSystem))
	}
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0"}
	certificate, authority := makeCertificate()
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server := model.Service.NewServer()
	write(*dir, "ca.pem", authority)
	write(*dir, "url", []byte(fmt.Sprintln(server.URL.Host)))
	_, _ = io.Copy(io.Discard, os.Stdin)
	server.Close()
	model.Remove()
}
