/* schema_vm.c: data types of virtual machines, their devices and their customization.
 * Name, base, fields in wire order; the notation is in
 * vim25_schema.h. A leading ! marks types that never appear without xsi:type. */
#include "vim25_schema.h"

const struct schema_row schema_vm_types[] = {
    {"VirtualMachineConfigInfo", "",
     "changeVersion:string modified:dateTime name:string guestFullName:string "
     "version:string uuid:string createDate?:dateTime@6.7 instanceUuid?:string "
     "npivNodeWorldWideName?*:long npivPortWorldWideName?*:long "
     "npivWorldWideNameType?:string npivDesiredNodeWwns?:short "
     "npivDesiredPortWwns?:short npivTemporaryDisabled?:boolean "
     "npivOnNonRdmDisks?:boolean locationId?:string template:boolean guestId:string "
     "alternateGuestName:string annotation?:string files:VirtualMachineFileInfo "
     "tools?:ToolsConfigInfo flags:VirtualMachineFlagInfo "
     "consolePreferences?:VirtualMachineConsolePreferences "
     "defaultPowerOps:VirtualMachineDefaultPowerOpInfo "
     "rebootPowerOff?:boolean@8.0.0.1 hardware:VirtualHardware "
     "vcpuConfig?*:VirtualMachineVcpuConfig@7.0.0.0 "
     "cpuAllocation?:ResourceAllocationInfo memoryAllocation?:ResourceAllocationInfo "
     "latencySensitivity?:LatencySensitivity memoryHotAddEnabled?:boolean "
     "cpuHotAddEnabled?:boolean cpuHotRemoveEnabled?:boolean "
     "hotPlugMemoryLimit?:long hotPlugMemoryIncrementSize?:long "
     "cpuAffinity?:VirtualMachineAffinityInfo "
     "memoryAffinity?:VirtualMachineAffinityInfo "
     "networkShaper?:VirtualMachineNetworkShaperInfo extraConfig?*:OptionValue "
     "cpuFeatureMask?*:HostCpuIdInfo "
     "datastoreUrl?*:VirtualMachineConfigInfoDatastoreUrlPair swapPlacement?:string "
     "bootOptions?:VirtualMachineBootOptions ftInfo?:FaultToleranceConfigInfo "
     "repConfig?:ReplicationConfigSpec vAppConfig?:VmConfigInfo "
     "vAssertsEnabled?:boolean changeTrackingEnabled?:boolean firmware?:string "
     "maxMksConnections?:int guestAutoLockEnabled?:boolean managedBy?:ManagedByInfo "
     "memoryReservationLockedToMax?:boolean "
     "initialOverhead?:VirtualMachineConfigInfoOverheadInfo nestedHVEnabled?:boolean "
     "vPMCEnabled?:boolean "
     "scheduledHardwareUpgradeInfo?:ScheduledHardwareUpgradeInfo "
     "forkConfigInfo?:VirtualMachineForkConfigInfo vFlashCacheReservation?:long "
     "vmxConfigChecksum?:base64Binary messageBusTunnelEnabled?:boolean "
     "vmStorageObjectId?:string swapStorageObjectId?:string keyId?:CryptoKeyId "
     "guestIntegrityInfo?:VirtualMachineGuestIntegrityInfo migrateEncryption?:string "
     "sgxInfo?:VirtualMachineSgxInfo@7.0.0.0 "
     "contentLibItemInfo?:VirtualMachineContentLibraryItemInfo@7.0.0.0 "
     "ftEncryptionMode?:string@7.0.2.0 "
     "guestMonitoringModeInfo?:VirtualMachineGuestMonitoringModeInfo@7.0.0.0 "
     "sevEnabled?:boolean@7.0.1.0 numaInfo?:VirtualMachineVirtualNumaInfo@8.0.0.1 "
     "pmemFailoverEnabled?:boolean@7.0.2.0 "
     "vmxStatsCollectionEnabled?:boolean@7.0.3.1 "
     "vmOpNotificationToAppEnabled?:boolean@7.0.3.0 "
     "vmOpNotificationTimeout?:long@8.0.0.1 "
     "deviceSwap?:VirtualMachineVirtualDeviceSwap@8.0.0.1 "
     "pmem?:VirtualMachineVirtualPMem@7.0.3.0 "
     "deviceGroups?:VirtualMachineVirtualDeviceGroups@8.0.0.1 "
     "fixedPassthruHotPlugEnabled?:boolean@8.0.1.0 metroFtEnabled?:boolean@8.0.3.0 "
     "metroFtHostGroup?:string@8.0.3.0"},
    {"VirtualHardware", "",
     "numCPU:int numCoresPerSocket?:int autoCoresPerSocket?:boolean@8.0.0.1 "
     "memoryMB:int virtualICH7MPresent?:boolean virtualSMCPresent?:boolean "
     "device?*:VirtualDevice motherboardLayout?:string@8.0.0.1 "
     "simultaneousThreads?:int@8.0.0.1"},
    {"VirtualMachineRuntimeInfo", "",
     "device?*:VirtualMachineDeviceRuntimeInfo host?:&HostSystem "
     "connectionState:VirtualMachineConnectionState "
     "powerState:VirtualMachinePowerState vmFailoverInProgress?:boolean@7.0.2.0 "
     "faultToleranceState:VirtualMachineFaultToleranceState "
     "dasVmProtection?:VirtualMachineRuntimeInfoDasProtectionState "
     "toolsInstallerMounted:boolean suspendTime?:dateTime bootTime?:dateTime "
     "suspendInterval?:long question?:VirtualMachineQuestionInfo "
     "memoryOverhead?:long maxCpuUsage?:int maxMemoryUsage?:int "
     "numMksConnections:int recordReplayState:VirtualMachineRecordReplayState "
     "cleanPowerOff?:boolean needSecondaryReason?:string onlineStandby:boolean "
     "minRequiredEVCModeKey?:string consolidationNeeded:boolean "
     "offlineFeatureRequirement?*:VirtualMachineFeatureRequirement "
     "featureRequirement?*:VirtualMachineFeatureRequirement "
     "featureMask?*:HostFeatureMask vFlashCacheAllocation?:long paused?:boolean "
     "snapshotInBackground?:boolean quiescedForkParent?:boolean "
     "instantCloneFrozen?:boolean@6.7 cryptoState?:string@6.7 "
     "suspendedToMemory?:boolean@7.0.2.0 opNotificationTimeout?:long@8.0.0.1 "
     "iommuActive?:boolean@8.0.1.0"},
    {"GuestInfo", "",
     "toolsStatus?:VirtualMachineToolsStatus toolsVersionStatus?:string "
     "toolsVersionStatus2?:string toolsRunningStatus?:string toolsVersion?:string "
     "toolsInstallType?:string guestId?:string guestFamily?:string "
     "guestFullName?:string guestDetailedData?:string@8.0.2.0 hostName?:string "
     "ipAddress?:string net?*:GuestNicInfo ipStack?*:GuestStackInfo "
     "disk?*:GuestDiskInfo screen?:GuestScreenInfo guestState:string "
     "appHeartbeatStatus?:string guestKernelCrashed?:boolean appState?:string "
     "guestOperationsReady?:boolean interactiveGuestOperationsReady?:boolean "
     "guestStateChangeSupported?:boolean "
     "generationInfo?*:GuestInfoNamespaceGenerationInfo hwVersion?:string@6.9.1 "
     "customizationInfo?:GuestInfoCustomizationInfo@7.0.2.0"},
    {"VirtualMachineSummary", "",
     "vm?:&VirtualMachine runtime:VirtualMachineRuntimeInfo "
     "guest?:VirtualMachineGuestSummary config:VirtualMachineConfigSummary "
     "storage?:VirtualMachineStorageSummary quickStats:VirtualMachineQuickStats "
     "overallStatus:ManagedEntityStatus customValue?*:CustomFieldValue"},
    {"VirtualMachineConfigSummary", "",
     "name:string template:boolean vmPathName:string memorySizeMB?:int "
     "cpuReservation?:int memoryReservation?:int numCpu?:int numEthernetCards?:int "
     "numVirtualDisks?:int uuid?:string instanceUuid?:string guestId?:string "
     "guestFullName?:string annotation?:string product?:VAppProductInfo "
     "installBootRequired?:boolean ftInfo?:FaultToleranceConfigInfo "
     "managedBy?:ManagedByInfo tpmPresent?:boolean@6.7 numVmiopBackings?:int@6.7 "
     "hwVersion?:string@6.9.1"},
    {"VirtualMachineGuestSummary", "",
     "guestId?:string guestFullName?:string toolsStatus?:VirtualMachineToolsStatus "
     "toolsVersionStatus?:string toolsVersionStatus2?:string "
     "toolsRunningStatus?:string hostName?:string ipAddress?:string "
     "hwVersion?:string@6.9.1"},
    {"VirtualMachineStorageSummary", "",
     "committed:long uncommitted:long unshared:long timestamp:dateTime"},
    {"VirtualMachineQuickStats", "",
     "overallCpuUsage?:int overallCpuDemand?:int overallCpuReadiness?:int@7.0.0.0 "
     "guestMemoryUsage?:int hostMemoryUsage?:int "
     "guestHeartbeatStatus:ManagedEntityStatus distributedCpuEntitlement?:int "
     "distributedMemoryEntitlement?:int staticCpuEntitlement?:int "
     "staticMemoryEntitlement?:int grantedMemory?:int@7.0.0.0 privateMemory?:int "
     "sharedMemory?:int swappedMemory?:int balloonedMemory?:int "
     "consumedOverheadMemory?:int ftLogBandwidth?:int ftSecondaryLatency?:int "
     "ftLatencyStatus?:ManagedEntityStatus compressedMemory?:long uptimeSeconds?:int "
     "ssdSwappedMemory?:long activeMemory?:int@7.0.3.0 "
     "memoryTierStats?*:VirtualMachineQuickStatsMemoryTierStats@7.0.3.0"},
    {"VirtualMachineFileInfo", "",
     "vmPathName?:string snapshotDirectory?:string suspendDirectory?:string "
     "logDirectory?:string ftMetadataDirectory?:string"},
    {"ToolsConfigInfo", "",
     "toolsVersion?:int toolsInstallType?:string afterPowerOn?:boolean "
     "afterResume?:boolean beforeGuestStandby?:boolean beforeGuestShutdown?:boolean "
     "beforeGuestReboot?:boolean toolsUpgradePolicy?:string "
     "pendingCustomization?:string customizationKeyId?:CryptoKeyId "
     "syncTimeWithHostAllowed?:boolean@7.0.1.0 syncTimeWithHost?:boolean "
     "lastInstallInfo?:ToolsConfigInfoToolsLastInstallInfo"},
    {"VirtualMachineFlagInfo", "",
     "disableAcceleration?:boolean enableLogging?:boolean useToe?:boolean "
     "runWithDebugInfo?:boolean monitorType?:string htSharing?:string "
     "snapshotDisabled?:boolean snapshotLocked?:boolean diskUuidEnabled?:boolean "
     "virtualMmuUsage?:string virtualExecUsage?:string "
     "snapshotPowerOffBehavior?:string recordReplayEnabled?:boolean "
     "faultToleranceType?:string cbrcCacheEnabled?:boolean vvtdEnabled?:boolean@6.7 "
     "vbsEnabled?:boolean@6.7"},
    {"VirtualMachineBootOptions", "",
     "bootDelay?:long enterBIOSSetup?:boolean efiSecureBootEnabled?:boolean "
     "bootRetryEnabled?:boolean bootRetryDelay?:long "
     "bootOrder?*:VirtualMachineBootOptionsBootableDevice "
     "networkBootProtocol?:string"},
    {"VirtualMachineDefaultPowerOpInfo", "",
     "powerOffType?:string suspendType?:string resetType?:string "
     "defaultPowerOffType?:string defaultSuspendType?:string "
     "defaultResetType?:string standbyAction?:string"},
    {"ManagedByInfo", "", "extensionKey:string type:string"},
    {"VirtualMachineVirtualNuma", "",
     "coresPerNumaNode?:int@8.0.0.1 exposeVnumaOnCpuHotadd?:boolean@8.0.0.1"},
    {"VirtualMachineConfigSpec", "",
     "changeVersion?:string name?:string version?:string createDate?:dateTime@6.7 "
     "uuid?:string instanceUuid?:string npivNodeWorldWideName?*:long "
     "npivPortWorldWideName?*:long npivWorldWideNameType?:string "
     "npivDesiredNodeWwns?:short npivDesiredPortWwns?:short "
     "npivTemporaryDisabled?:boolean npivOnNonRdmDisks?:boolean "
     "npivWorldWideNameOp?:string locationId?:string guestId?:string "
     "alternateGuestName?:string annotation?:string files?:VirtualMachineFileInfo "
     "tools?:ToolsConfigInfo flags?:VirtualMachineFlagInfo "
     "consolePreferences?:VirtualMachineConsolePreferences "
     "powerOpInfo?:VirtualMachineDefaultPowerOpInfo rebootPowerOff?:boolean@8.0.0.1 "
     "numCPUs?:int vcpuConfig?*:VirtualMachineVcpuConfig@7.0.0.0 "
     "numCoresPerSocket?:int memoryMB?:long memoryHotAddEnabled?:boolean "
     "cpuHotAddEnabled?:boolean cpuHotRemoveEnabled?:boolean "
     "virtualICH7MPresent?:boolean virtualSMCPresent?:boolean "
     "deviceChange?*:VirtualDeviceConfigSpec cpuAllocation?:ResourceAllocationInfo "
     "memoryAllocation?:ResourceAllocationInfo "
     "latencySensitivity?:LatencySensitivity cpuAffinity?:VirtualMachineAffinityInfo "
     "memoryAffinity?:VirtualMachineAffinityInfo "
     "networkShaper?:VirtualMachineNetworkShaperInfo "
     "cpuFeatureMask?*:VirtualMachineCpuIdInfoSpec extraConfig?*:OptionValue "
     "swapPlacement?:string bootOptions?:VirtualMachineBootOptions "
     "vAppConfig?:VmConfigSpec ftInfo?:FaultToleranceConfigInfo "
     "repConfig?:ReplicationConfigSpec vAppConfigRemoved?:boolean "
     "vAssertsEnabled?:boolean changeTrackingEnabled?:boolean firmware?:string "
     "maxMksConnections?:int guestAutoLockEnabled?:boolean managedBy?:ManagedByInfo "
     "memoryReservationLockedToMax?:boolean nestedHVEnabled?:boolean "
     "vPMCEnabled?:boolean "
     "scheduledHardwareUpgradeInfo?:ScheduledHardwareUpgradeInfo "
     "vmProfile?*:VirtualMachineProfileSpec messageBusTunnelEnabled?:boolean "
     "crypto?:CryptoSpec migrateEncryption?:string "
     "sgxInfo?:VirtualMachineSgxInfo@7.0.0.0 ftEncryptionMode?:string@7.0.2.0 "
     "guestMonitoringModeInfo?:VirtualMachineGuestMonitoringModeInfo@7.0.0.0 "
     "sevEnabled?:boolean@7.0.1.0 virtualNuma?:VirtualMachineVirtualNuma@8.0.0.1 "
     "motherboardLayout?:string@8.0.0.1 pmemFailoverEnabled?:boolean@7.0.2.0 "
     "vmxStatsCollectionEnabled?:boolean@7.0.3.1 "
     "vmOpNotificationToAppEnabled?:boolean@7.0.3.0 "
     "vmOpNotificationTimeout?:long@8.0.0.1 "
     "deviceSwap?:VirtualMachineVirtualDeviceSwap@8.0.0.1 "
     "simultaneousThreads?:int@8.0.0.1 pmem?:VirtualMachineVirtualPMem@7.0.3.0 "
     "deviceGroups?:VirtualMachineVirtualDeviceGroups@8.0.0.1 "
     "fixedPassthruHotPlugEnabled?:boolean@8.0.1.0 metroFtEnabled?:boolean@8.0.3.0 "
     "metroFtHostGroup?:string@8.0.3.0"},
    {"VirtualDeviceConfigSpec", "",
     "operation?:VirtualDeviceConfigSpecOperation "
     "fileOperation?:VirtualDeviceConfigSpecFileOperation device:VirtualDevice "
     "profile?*:VirtualMachineProfileSpec "
     "backing?:VirtualDeviceConfigSpecBackingSpec "
     "filterSpec?*:VirtualMachineBaseIndependentFilterSpec@7.0.2.1 "
     "changeMode?:string@8.0.0.1"},
    {"VirtualMachineCloneSpec", "",
     "location:VirtualMachineRelocateSpec template:boolean "
     "config?:VirtualMachineConfigSpec customization?:CustomizationSpec "
     "powerOn:boolean snapshot?:&VirtualMachineSnapshot memory?:boolean "
     "tpmProvisionPolicy?:string@8.0.0.1"},
    {"VirtualMachineRelocateSpec", "",
     "service?:ServiceLocator folder?:&Folder datastore?:&Datastore "
     "diskMoveType?:string pool?:&ResourcePool host?:&HostSystem "
     "disk?*:VirtualMachineRelocateSpecDiskLocator "
     "transform?:VirtualMachineRelocateTransformation "
     "deviceChange?*:VirtualDeviceConfigSpec profile?*:VirtualMachineProfileSpec "
     "cryptoSpec?:CryptoSpec@7.0.0.0"},
    {"!VirtualDevice", "",
     "key:int deviceInfo?:Description backing?:VirtualDeviceBackingInfo "
     "connectable?:VirtualDeviceConnectInfo slotInfo?:VirtualDeviceBusSlotInfo "
     "controllerKey?:int unitNumber?:int numaNode?:int@8.0.0.1 "
     "deviceGroupInfo?:VirtualDeviceDeviceGroupInfo@8.0.0.1"},
    {"VirtualDeviceConnectInfo", "",
     "migrateConnect?:string@6.7 startConnected:boolean allowGuestControl:boolean "
     "connected:boolean status?:string"},
    {"VirtualDeviceBusSlotInfo", "", ""},
    {"VirtualDevicePciBusSlotInfo", "VirtualDeviceBusSlotInfo", "pciSlotNumber:int"},
    {"!VirtualDeviceBackingInfo", "", ""},
    {"!VirtualDeviceDeviceBackingInfo", "VirtualDeviceBackingInfo",
     "deviceName:string useAutoDetect?:boolean"},
    {"VirtualDeviceFileBackingInfo", "VirtualDeviceBackingInfo",
     "fileName:string datastore?:&Datastore backingObjectId?:string"},
    {"VirtualDiskFlatVer2BackingInfo", "VirtualDeviceFileBackingInfo",
     "diskMode:string split?:boolean writeThrough?:boolean thinProvisioned?:boolean "
     "eagerlyScrub?:boolean uuid?:string contentId?:string changeId?:string "
     "parent?:VirtualDiskFlatVer2BackingInfo deltaDiskFormat?:string "
     "digestEnabled?:boolean deltaGrainSize?:int deltaDiskFormatVariant?:string "
     "sharing?:string keyId?:CryptoKeyId"},
    {"VirtualEthernetCardNetworkBackingInfo", "VirtualDeviceDeviceBackingInfo",
     "network?:&Network inPassthroughMode?:boolean"},
    {"VirtualPCIPassthroughPluginBackingInfo", "VirtualDeviceBackingInfo", ""},
    {"VirtualPCIPassthroughVmiopBackingInfo", "VirtualPCIPassthroughPluginBackingInfo",
     "vgpu?:string vgpuMigrateDataSizeMB?:int@8.0.0.1 "
     "migrateSupported?:boolean@7.0.2.0 enhancedMigrateCapability?:boolean@8.0.0.1"},
    {"VirtualPCIPassthroughDeviceBackingInfo", "VirtualDeviceDeviceBackingInfo",
     "id:string deviceId:string systemId:string vendorId:short"},
    {"VirtualPCIPassthroughDynamicBackingInfo", "VirtualDeviceDeviceBackingInfo",
     "allowedDevice?*:VirtualPCIPassthroughAllowedDevice@7.0.0.0 "
     "customLabel?:string@7.0.0.0 assignedId?:string@7.0.0.0"},
    {"VirtualPCIPassthroughAllowedDevice", "",
     "vendorId:int@7.0.0.0 deviceId:int@7.0.0.0 subVendorId?:int@7.0.0.0 "
     "subDeviceId?:int@7.0.0.0 revisionId?:short@7.0.0.0"},
    {"VirtualPCIPassthrough", "VirtualDevice", ""},
    {"VirtualDisk", "VirtualDevice",
     "capacityInKB:long capacityInBytes?:long shares?:SharesInfo "
     "storageIOAllocation?:StorageIOAllocationInfo diskObjectId?:string "
     "vFlashCacheConfigInfo?:VirtualDiskVFlashCacheConfigInfo iofilter?*:string "
     "vDiskId?:ID vDiskVersion?:int@8.0.1.0 nativeUnmanagedLinkedClone?:boolean@6.7 "
     "independentFilters?*:VirtualMachineBaseIndependentFilterSpec@7.0.2.1 "
     "guestReadOnly?:boolean@8.0.2.0"},
    {"VirtualEthernetCard", "VirtualDevice",
     "addressType?:string macAddress?:string wakeOnLanEnabled?:boolean "
     "resourceAllocation?:VirtualEthernetCardResourceAllocation externalId?:string "
     "uptCompatibilityEnabled?:boolean"},
    {"VirtualVmxnet", "VirtualEthernetCard", ""},
    {"VirtualVmxnet3", "VirtualVmxnet", "uptv2Enabled?:boolean@8.0.0.1"},
    {"VirtualController", "VirtualDevice", "busNumber:int device?*:int"},
    {"VirtualSCSIController", "VirtualController",
     "hotAddRemove?:boolean sharedBus:VirtualSCSISharing scsiCtlrUnitNumber?:int"},
    {"ParaVirtualSCSIController", "VirtualSCSIController", ""},
    {"VirtualPCIController", "VirtualController", ""},
    {"CustomizationSpecInfo", "",
     "name:string description:string type:string changeVersion?:string "
     "lastUpdateTime?:dateTime"},
    {"CustomizationSpecItem", "", "info:CustomizationSpecInfo spec:CustomizationSpec"},
    {"CustomizationSpec", "",
     "options?:CustomizationOptions identity:CustomizationIdentitySettings "
     "globalIPSettings:CustomizationGlobalIPSettings "
     "nicSettingMap?*:CustomizationAdapterMapping encryptionKey?*:byte"},
    {"!CustomizationOptions", "", ""},
    {"CustomizationLinuxOptions", "CustomizationOptions", ""},
    {"CustomizationWinOptions", "CustomizationOptions",
     "changeSID:boolean deleteAccounts:boolean "
     "reboot?:CustomizationSysprepRebootOption"},
    {"!CustomizationIdentitySettings", "", ""},
    {"CustomizationLinuxPrep", "CustomizationIdentitySettings",
     "hostName:CustomizationName domain:string timeZone?:string hwClockUTC?:boolean "
     "scriptText?:string@7.0.0.0 compatibleCustomizationMethod?:string@8.0.3.0"},
    {"CustomizationSysprep", "CustomizationIdentitySettings",
     "guiUnattended:CustomizationGuiUnattended userData:CustomizationUserData "
     "guiRunOnce?:CustomizationGuiRunOnce identification:CustomizationIdentification "
     "licenseFilePrintData?:CustomizationLicenseFilePrintData"},
    {"CustomizationSysprepText", "CustomizationIdentitySettings", "value:string"},
    {"CustomizationGuiUnattended", "",
     "password?:CustomizationPassword timeZone:int autoLogon:boolean "
     "autoLogonCount:int"},
    {"CustomizationUserData", "",
     "fullName:string orgName:string computerName:CustomizationName productId:string"},
    {"CustomizationGuiRunOnce", "", "commandList*:string"},
    {"CustomizationIdentification", "",
     "joinWorkgroup?:string joinDomain?:string domainAdmin?:string "
     "domainAdminPassword?:CustomizationPassword domainOU?:string@8.0.2.0"},
    {"CustomizationLicenseFilePrintData", "",
     "autoMode:CustomizationLicenseDataMode autoUsers?:int"},
    {"CustomizationPassword", "", "value:string plainText:boolean"},
    {"CustomizationCloudinitPrep", "CustomizationIdentitySettings",
     "metadata:string@7.0.3.0 userdata?:string@7.0.3.0"},
    {"!CustomizationName", "", ""},
    {"CustomizationFixedName", "CustomizationName", "name:string"},
    {"CustomizationVirtualMachineName", "CustomizationName", ""},
    {"CustomizationPrefixName", "CustomizationName", "base:string"},
    {"CustomizationUnknownName", "CustomizationName", ""},
    {"CustomizationGlobalIPSettings", "", "dnsSuffixList?*:string dnsServerList?*:string"},
    {"CustomizationAdapterMapping", "", "macAddress?:string adapter:CustomizationIPSettings"},
    {"CustomizationIPSettings", "",
     "ip:CustomizationIpGenerator subnetMask?:string gateway?*:string "
     "ipV6Spec?:CustomizationIPSettingsIpV6AddressSpec dnsServerList?*:string "
     "dnsDomain?:string primaryWINS?:string secondaryWINS?:string "
     "netBIOS?:CustomizationNetBIOSMode"},
    {"CustomizationIPSettingsIpV6AddressSpec", "",
     "ip*:CustomizationIpV6Generator gateway?*:string"},
    {"!CustomizationIpGenerator", "", ""},
    {"CustomizationFixedIp", "CustomizationIpGenerator", "ipAddress:string"},
    {"CustomizationDhcpIpGenerator", "CustomizationIpGenerator", ""},
    {"CustomizationUnknownIpGenerator", "CustomizationIpGenerator", ""},
    {"!CustomizationIpV6Generator", "", ""},
    {"CustomizationFixedIpV6", "CustomizationIpV6Generator", "ipAddress:string subnetMask:int"},
    {"CustomizationDhcpIpV6Generator", "CustomizationIpV6Generator", ""},
    {0},
};
