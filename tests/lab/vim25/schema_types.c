/* schema_types.c: data types of the services, of hosts and of the property collector.
 * Name, base, fields in wire order; the notation is in
 * vim25_schema.h. A leading ! marks types that never appear without xsi:type. */
#include "vim25_schema.h"

const struct schema_row schema_types[] = {
    {"ServiceContent", "",
     "rootFolder:&Folder propertyCollector:&PropertyCollector "
     "viewManager?:&ViewManager about:AboutInfo setting?:&OptionManager "
     "userDirectory?:&UserDirectory sessionManager?:&SessionManager "
     "authorizationManager?:&AuthorizationManager serviceManager?:&ServiceManager "
     "perfManager?:&PerformanceManager scheduledTaskManager?:&ScheduledTaskManager "
     "alarmManager?:&AlarmManager eventManager?:&EventManager "
     "taskManager?:&TaskManager extensionManager?:&ExtensionManager "
     "customizationSpecManager?:&CustomizationSpecManager "
     "guestCustomizationManager?:&VirtualMachineGuestCustomizationManager@6.8.7 "
     "customFieldsManager?:&CustomFieldsManager "
     "accountManager?:&HostLocalAccountManager diagnosticManager?:&DiagnosticManager "
     "licenseManager?:&LicenseManager searchIndex?:&SearchIndex "
     "fileManager?:&FileManager "
     "datastoreNamespaceManager?:&DatastoreNamespaceManager "
     "virtualDiskManager?:&VirtualDiskManager "
     "virtualizationManager?:&VirtualizationManager snmpSystem?:&HostSnmpSystem "
     "vmProvisioningChecker?:&VirtualMachineProvisioningChecker "
     "vmCompatibilityChecker?:&VirtualMachineCompatibilityChecker "
     "ovfManager?:&OvfManager ipPoolManager?:&IpPoolManager "
     "dvSwitchManager?:&DistributedVirtualSwitchManager "
     "hostProfileManager?:&HostProfileManager "
     "clusterProfileManager?:&ClusterProfileManager "
     "complianceManager?:&ProfileComplianceManager "
     "localizationManager?:&LocalizationManager "
     "storageResourceManager?:&StorageResourceManager "
     "guestOperationsManager?:&GuestOperationsManager "
     "overheadMemoryManager?:&OverheadMemoryManager "
     "certificateManager?:&CertificateManager ioFilterManager?:&IoFilterManager "
     "vStorageObjectManager?:&VStorageObjectManagerBase "
     "hostSpecManager?:&HostSpecificationManager cryptoManager?:&CryptoManager "
     "healthUpdateManager?:&HealthUpdateManager "
     "failoverClusterConfigurator?:&FailoverClusterConfigurator "
     "failoverClusterManager?:&FailoverClusterManager "
     "tenantManager?:&TenantTenantManager@6.9.1 "
     "siteInfoManager?:&SiteInfoManager@7.0.0.0 "
     "storageQueryManager?:&StorageQueryManager@6.7.2"},
    {"AboutInfo", "",
     "name:string fullName:string vendor:string version:string "
     "patchLevel?:string@7.0.2.0 build:string localeVersion?:string "
     "localeBuild?:string osType:string productLineId:string apiType:string "
     "apiVersion:string instanceUuid?:string licenseProductName?:string "
     "licenseProductVersion?:string"},
    {"UserSession", "",
     "key:string userName:string fullName:string loginTime:dateTime "
     "lastActiveTime:dateTime locale:string messageLocale:string "
     "extensionSession:boolean ipAddress:string userAgent:string callCount:long"},
    {"PropertyFilterSpec", "",
     "propSet*:PropertySpec objectSet*:ObjectSpec "
     "reportMissingObjectsInResults?:boolean"},
    {"PropertySpec", "", "type:string all?:boolean pathSet?*:string"},
    {"ObjectSpec", "", "obj:& skip?:boolean selectSet?*:SelectionSpec"},
    {"SelectionSpec", "", "name?:string"},
    {"TraversalSpec", "SelectionSpec",
     "type:string path:string skip?:boolean selectSet?*:SelectionSpec"},
    {"RetrieveOptions", "", "maxObjects?:int"},
    {"WaitOptions", "", "maxWaitSeconds?:int maxObjectUpdates?:int"},
    {"RetrieveResult", "", "token?:string objects*:ObjectContent"},
    {"ObjectContent", "", "obj:& propSet?*:DynamicProperty missingSet?*:MissingProperty"},
    {"DynamicProperty", "", "name:string val:anyType"},
    {"MissingProperty", "", "path:string fault:LocalizedMethodFault"},
    {"UpdateSet", "", "version:string filterSet?*:PropertyFilterUpdate truncated?:boolean"},
    {"PropertyFilterUpdate", "",
     "filter:&PropertyFilter objectSet?*:ObjectUpdate missingSet?*:MissingObject"},
    {"ObjectUpdate", "",
     "kind:ObjectUpdateKind obj:& changeSet?*:PropertyChange "
     "missingSet?*:MissingProperty"},
    {"PropertyChange", "", "name:string op:PropertyChangeOp val?:anyType"},
    {"MissingObject", "", "obj:& fault:LocalizedMethodFault"},
    {"TaskInfo", "",
     "key:string task:&Task description?:LocalizableMessage name?:string "
     "descriptionId:string entity?:&ManagedEntity entityName?:string "
     "locked?*:&ManagedEntity state:TaskInfoState cancelled:boolean "
     "cancelable:boolean error?:LocalizedMethodFault result?:anyType progress?:int "
     "progressDetails?*:KeyAnyValue@8.0.1.0 reason:TaskReason queueTime:dateTime "
     "startTime?:dateTime completeTime?:dateTime eventChainId:int changeTag?:string "
     "parentTaskKey?:string rootTaskKey?:string activationId?:string"},
    {"KeyAnyValue", "", "key:string value:anyType"},
    {"LocalizableMessage", "", "key:string arg?*:KeyAnyValue message?:string"},
    {"OptionValue", "", "key:string value?:anyType"},
    {"Description", "", "label:string summary:string"},
    {"ComputeResourceSummary", "",
     "totalCpu:int totalMemory:long numCpuCores:short numCpuThreads:short "
     "effectiveCpu:int effectiveMemory:long numHosts:int numEffectiveHosts:int "
     "overallStatus:ManagedEntityStatus"},
    {"ClusterComputeResourceSummary", "ComputeResourceSummary",
     "currentFailoverLevel:int admissionControlInfo?:ClusterDasAdmissionControlInfo "
     "numVmotions:int targetBalance?:int currentBalance?:int drsScore?:int@7.0.0.0 "
     "numVmsPerDrsScoreBucket?*:int@7.0.0.0 usageSummary?:ClusterUsageSummary "
     "currentEVCModeKey?:string currentEVCGraphicsModeKey?:string@7.0.1.0 "
     "dasData?:ClusterDasData clusterMaintenanceModeStatus?:string@7.0.0.2 "
     "vcsHealthStatus?:string@7.0.1.1 "
     "vcsSlots?*:ClusterComputeResourceVcsSlots@7.0.1.1"},
    {"ComputeResourceConfigInfo", "",
     "vmSwapPlacement:string spbmEnabled?:boolean defaultHardwareVersionKey?:string "
     "maximumHardwareVersionKey?:string@7.0.2.0"},
    {"ClusterConfigInfoEx", "ComputeResourceConfigInfo",
     "systemVMsConfig?:ClusterSystemVMsConfigInfo@7.0.3.0 "
     "dasConfig:ClusterDasConfigInfo dasVmConfig?*:ClusterDasVmConfigInfo "
     "drsConfig:ClusterDrsConfigInfo drsVmConfig?*:ClusterDrsVmConfigInfo "
     "rule?*:ClusterRuleInfo orchestration?:ClusterOrchestrationInfo "
     "vmOrchestration?*:ClusterVmOrchestrationInfo "
     "dpmConfigInfo?:ClusterDpmConfigInfo dpmHostConfig?*:ClusterDpmHostConfigInfo "
     "vsanConfigInfo?:VsanClusterConfigInfo vsanHostConfig?*:VsanHostConfigInfo "
     "group?*:ClusterGroupInfo infraUpdateHaConfig?:ClusterInfraUpdateHaConfigInfo "
     "proactiveDrsConfig?:ClusterProactiveDrsConfigInfo "
     "cryptoConfig?:ClusterCryptoConfigInfo@7.0.0.0"},
    {"ClusterDrsConfigInfo", "",
     "enabled?:boolean enableVmBehaviorOverrides?:boolean "
     "defaultVmBehavior?:DrsBehavior vmotionRate?:int "
     "scaleDescendantsShares?:string@7.0.0.0 option?*:OptionValue"},
    {"ClusterDasConfigInfo", "",
     "enabled?:boolean vmMonitoring?:string hostMonitoring?:string "
     "vmComponentProtecting?:string failoverLevel?:int "
     "admissionControlPolicy?:ClusterDasAdmissionControlPolicy "
     "admissionControlEnabled?:boolean defaultVmSettings?:ClusterDasVmSettings "
     "option?*:OptionValue heartbeatDatastore?*:&Datastore "
     "hBDatastoreCandidatePolicy?:string"},
    {"DatastoreSummary", "",
     "datastore?:&Datastore name:string url:string capacity:long freeSpace:long "
     "uncommitted?:long accessible:boolean multipleHostAccess?:boolean type:string "
     "maintenanceMode?:string"},
    {"DatastoreInfo", "",
     "name:string url:string freeSpace:long maxFileSize:long "
     "maxVirtualDiskCapacity?:long maxMemoryFileSize:long timestamp?:dateTime "
     "containerId?:string aliasOf?:string@6.7.1"},
    {"DatastoreHostMount", "", "key:&HostSystem mountInfo:HostMountInfo"},
    {"HostMountInfo", "",
     "path?:string accessMode:string mounted?:boolean accessible?:boolean "
     "inaccessibleReason?:string vmknicName?:string@8.0.1.0 "
     "vmknicActive?:boolean@8.0.1.0 mountFailedReason?:string@8.0.0.1 "
     "numTcpConnections?:int@8.0.1.0"},
    {"NetworkSummary", "",
     "network?:&Network name:string accessible:boolean ipPoolName:string "
     "ipPoolId?:int"},
    {"ResourceConfigSpec", "",
     "entity?:&ManagedEntity changeVersion?:string lastModified?:dateTime "
     "cpuAllocation:ResourceAllocationInfo memoryAllocation:ResourceAllocationInfo "
     "scaleDescendantsShares?:string@7.0.0.0"},
    {"ResourceAllocationInfo", "",
     "reservation?:long expandableReservation?:boolean limit?:long "
     "shares?:SharesInfo overheadLimit?:long"},
    {"SharesInfo", "", "shares:int level:SharesLevel"},
    {"LatencySensitivity", "", "level:LatencySensitivitySensitivityLevel sensitivity?:int"},
    {"ResourcePoolSummary", "",
     "name:string config:ResourceConfigSpec runtime:ResourcePoolRuntimeInfo "
     "quickStats?:ResourcePoolQuickStats configuredMemoryMB?:int"},
    {"ResourcePoolRuntimeInfo", "",
     "memory:ResourcePoolResourceUsage cpu:ResourcePoolResourceUsage "
     "overallStatus:ManagedEntityStatus sharesScalable?:string@7.0.0.0"},
    {"ResourcePoolResourceUsage", "",
     "reservationUsed:long reservationUsedForVm:long unreservedForPool:long "
     "unreservedForVm:long overallUsage:long maxUsage:long"},
    {"HostRuntimeInfo", "",
     "connectionState:HostSystemConnectionState powerState:HostSystemPowerState "
     "standbyMode?:string inMaintenanceMode:boolean inQuarantineMode?:boolean "
     "bootTime?:dateTime healthSystemRuntime?:HealthSystemRuntime "
     "dasHostState?:ClusterDasFdmHostState tpmPcrValues?*:HostTpmDigestInfo "
     "vsanRuntimeInfo?:VsanHostRuntimeInfo "
     "networkRuntimeInfo?:HostRuntimeInfoNetworkRuntimeInfo "
     "vFlashResourceRuntimeInfo?:HostVFlashManagerVFlashResourceRunTimeInfo "
     "hostMaxVirtualDiskCapacity?:long cryptoState?:string cryptoKeyId?:CryptoKeyId "
     "statelessNvdsMigrationReady?:string@7.0.2.0 "
     "partialMaintenanceMode?*:HostPartialMaintenanceModeRuntimeInfo@8.0.3.0 "
     "stateEncryption?:HostRuntimeInfoStateEncryptionInfo@7.0.3.0"},
    {"HostListSummary", "",
     "host?:&HostSystem hardware?:HostHardwareSummary runtime?:HostRuntimeInfo "
     "config:HostConfigSummary quickStats:HostListSummaryQuickStats "
     "overallStatus:ManagedEntityStatus rebootRequired:boolean "
     "customValue?*:CustomFieldValue managementServerIp?:string "
     "maxEVCModeKey?:string currentEVCModeKey?:string "
     "currentEVCGraphicsModeKey?:string@7.0.1.0 "
     "gateway?:HostListSummaryGatewaySummary "
     "tpmAttestation?:HostTpmAttestationInfo@6.7 "
     "trustAuthorityAttestationInfos?*:HostTrustAuthorityAttestationInfo@7.0.1.0"},
    {"HostHardwareSummary", "",
     "vendor:string model:string uuid:string "
     "otherIdentifyingInfo?*:HostSystemIdentificationInfo memorySize:long "
     "cpuModel:string cpuMhz:int numCpuPkgs:short numCpuCores:short "
     "numCpuThreads:short numNics:int numHBAs:int"},
    {"HostConfigSummary", "",
     "name:string port:int sslThumbprint?:string product?:AboutInfo "
     "vmotionEnabled:boolean faultToleranceEnabled:boolean "
     "featureVersion?*:HostFeatureVersionInfo agentVmDatastore?:&Datastore "
     "agentVmNetwork?:&Network"},
    {"HostListSummaryQuickStats", "",
     "overallCpuUsage?:int overallMemoryUsage?:int distributedCpuFairness?:int "
     "distributedMemoryFairness?:int availablePMemCapacity?:int@6.7 uptime?:int"},
    {"HostHardwareInfo", "",
     "systemInfo:HostSystemInfo cpuPowerManagementInfo?:HostCpuPowerManagementInfo "
     "cpuInfo:HostCpuInfo cpuPkg*:HostCpuPackage memorySize:long "
     "numaInfo?:HostNumaInfo smcPresent:boolean pciDevice?*:HostPciDevice "
     "dvxClasses?*:HostDvxClass@8.0.0.1 cpuFeature?*:HostCpuIdInfo "
     "biosInfo?:HostBIOSInfo reliableMemoryInfo?:HostReliableMemoryInfo "
     "persistentMemoryInfo?:HostPersistentMemoryInfo@6.7 "
     "sgxInfo?:HostSgxInfo@7.0.0.0 sevInfo?:HostSevInfo@7.0.1.0 "
     "memoryTieringType?:string@7.0.3.0 memoryTierInfo?*:HostMemoryTierInfo@7.0.3.0"},
    {"HostSystemInfo", "",
     "vendor:string model:string uuid:string "
     "otherIdentifyingInfo?*:HostSystemIdentificationInfo serialNumber?:string@6.7 "
     "qualifiedName?*:HostQualifiedName@7.0.3.0 "
     "vvolHostNQN?:HostQualifiedName@8.0.0.0 vvolHostId?:string@8.0.0.0 "
     "bootCommandLine?:string@8.0.3.0"},
    {"HostCpuInfo", "", "numCpuPackages:short numCpuCores:short numCpuThreads:short hz:long"},
    {"HostCpuPackage", "",
     "index:short vendor:string hz:long busHz:long description:string "
     "threadId*:short cpuFeature?*:HostCpuIdInfo family?:short@8.0.3.0 "
     "model?:short@8.0.3.0 stepping?:short@8.0.3.0"},
    {"HostNumaInfo", "", "type:string numNodes:int numaNode?*:HostNumaNode"},
    {"HostNumaNode", "",
     "typeId:byte cpuID*:short memorySize?:long@8.0.0.0 memoryRangeBegin:long "
     "memoryRangeLength:long pciId?*:string@6.7"},
    {"HostPciDevice", "",
     "id:string classId:short bus:byte slot:byte function:byte vendorId:short "
     "subVendorId:short vendorName:string deviceId:short subDeviceId:short "
     "parentBridge?:string deviceName:string deviceClassName?:string@8.0.3.0"},
    {"HostCpuPowerManagementInfo", "", "currentPolicy?:string hardwareSupport?:string"},
    {"HostBIOSInfo", "",
     "biosVersion?:string releaseDate?:dateTime vendor?:string majorRelease?:int "
     "minorRelease?:int firmwareMajorRelease?:int firmwareMinorRelease?:int "
     "firmwareType?:string@8.0.2.0"},
    {"HostConfigInfo", "",
     "host:&HostSystem product:AboutInfo deploymentInfo?:HostDeploymentInfo "
     "hyperThread?:HostHyperThreadScheduleInfo "
     "cpuScheduler?:HostCpuSchedulerInfo@8.0.3.0 "
     "consoleReservation?:ServiceConsoleReservationInfo "
     "virtualMachineReservation?:VirtualMachineMemoryReservationInfo "
     "storageDevice?:HostStorageDeviceInfo multipathState?:HostMultipathStateInfo "
     "fileSystemVolume?:HostFileSystemVolumeInfo systemFile?*:string "
     "network?:HostNetworkInfo vmotion?:HostVMotionInfo "
     "virtualNicManagerInfo?:HostVirtualNicManagerInfo "
     "capabilities?:HostNetCapabilities "
     "datastoreCapabilities?:HostDatastoreSystemCapabilities "
     "offloadCapabilities?:HostNetOffloadCapabilities service?:HostServiceInfo "
     "firewall?:HostFirewallInfo autoStart?:HostAutoStartManagerConfig "
     "activeDiagnosticPartition?:HostDiagnosticPartition option?*:OptionValue "
     "optionDef?*:OptionDef datastorePrincipal?:string "
     "localSwapDatastore?:&Datastore "
     "systemSwapConfiguration?:HostSystemSwapConfiguration "
     "systemResources?:HostSystemResourceInfo dateTimeInfo?:HostDateTimeInfo "
     "flags?:HostFlagInfo adminDisabled?:boolean lockdownMode?:HostLockdownMode "
     "ipmi?:HostIpmiInfo sslThumbprintInfo?:HostSslThumbprintInfo "
     "sslThumbprintData?*:HostSslThumbprintInfo certificate?*:byte "
     "pciPassthruInfo?*:HostPciPassthruInfo "
     "authenticationManagerInfo?:HostAuthenticationManagerInfo "
     "featureVersion?*:HostFeatureVersionInfo "
     "powerSystemCapability?:PowerSystemCapability powerSystemInfo?:PowerSystemInfo "
     "cacheConfigurationInfo?*:HostCacheConfigurationInfo wakeOnLanCapable?:boolean "
     "featureCapability?*:HostFeatureCapability "
     "maskedFeatureCapability?*:HostFeatureCapability "
     "vFlashConfigInfo?:HostVFlashManagerVFlashConfigInfo "
     "vsanHostConfig?:VsanHostConfigInfo domainList?*:string "
     "scriptCheckSum?:base64Binary hostConfigCheckSum?:base64Binary "
     "descriptionTreeCheckSum?:base64Binary@7.0.0.0 graphicsInfo?*:HostGraphicsInfo "
     "sharedPassthruGpuTypes?*:string graphicsConfig?:HostGraphicsConfig "
     "sharedGpuCapabilities?*:HostSharedGpuCapabilities@6.7 "
     "ioFilterInfo?*:HostIoFilterInfo sriovDevicePool?*:HostSriovDevicePoolInfo "
     "assignableHardwareBinding?*:HostAssignableHardwareBinding@7.0.0.0 "
     "assignableHardwareConfig?:HostAssignableHardwareConfig@7.0.0.0"},
    {"HostHyperThreadScheduleInfo", "", "available:boolean active:boolean config:boolean"},
    {"HostPciPassthruInfo", "",
     "id:string dependentDevice:string passthruEnabled:boolean "
     "passthruCapable:boolean passthruActive:boolean hardwareLabel?:string@7.0.2.0"},
    {"HostGraphicsInfo", "",
     "deviceName:string vendorName:string pciId:string graphicsType:string "
     "vgpuMode?:string@8.0.3.0 memorySizeInKB:long vm?*:&VirtualMachine"},
    {"HostGraphicsConfig", "",
     "hostDefaultGraphicsType:string sharedPassthruAssignmentPolicy:string "
     "deviceType?*:HostGraphicsConfigDeviceType"},
    {"HostGraphicsConfigDeviceType", "",
     "deviceId:string graphicsType:string vgpuMode?:string@8.0.3.0"},
    {"HostSharedGpuCapabilities", "",
     "vgpu:string@6.7 diskSnapshotSupported:boolean@6.7 "
     "memorySnapshotSupported:boolean@6.7 suspendSupported:boolean@6.7 "
     "migrateSupported:boolean@6.7"},
    {"PowerSystemInfo", "", "currentPolicy:HostPowerPolicy"},
    {"PowerSystemCapability", "", "availablePolicy*:HostPowerPolicy"},
    {"HostPowerPolicy", "", "key:int name:string shortName:string description:string"},
    {"HostServiceInfo", "", "service?*:HostService"},
    {"HostService", "",
     "key:string label:string required:boolean uninstallable:boolean running:boolean "
     "ruleset?*:string policy:string sourcePackage?:HostServiceSourcePackage"},
    {"HostConfigManager", "",
     "cpuScheduler?:&HostCpuSchedulerSystem datastoreSystem?:&HostDatastoreSystem "
     "memoryManager?:&HostMemorySystem storageSystem?:&HostStorageSystem "
     "networkSystem?:&HostNetworkSystem vmotionSystem?:&HostVMotionSystem "
     "virtualNicManager?:&HostVirtualNicManager serviceSystem?:&HostServiceSystem "
     "firewallSystem?:&HostFirewallSystem advancedOption?:&OptionManager "
     "diagnosticSystem?:&HostDiagnosticSystem "
     "autoStartManager?:&HostAutoStartManager snmpSystem?:&HostSnmpSystem "
     "dateTimeSystem?:&HostDateTimeSystem patchManager?:&HostPatchManager "
     "imageConfigManager?:&HostImageConfigManager "
     "bootDeviceSystem?:&HostBootDeviceSystem firmwareSystem?:&HostFirmwareSystem "
     "healthStatusSystem?:&HostHealthStatusSystem "
     "pciPassthruSystem?:&HostPciPassthruSystem licenseManager?:&LicenseManager "
     "kernelModuleSystem?:&HostKernelModuleSystem "
     "authenticationManager?:&HostAuthenticationManager "
     "powerSystem?:&HostPowerSystem "
     "cacheConfigurationManager?:&HostCacheConfigurationManager "
     "esxAgentHostManager?:&HostEsxAgentHostManager iscsiManager?:&IscsiManager "
     "vFlashManager?:&HostVFlashManager vsanSystem?:&HostVsanSystem "
     "messageBusProxy?:&MessageBusProxy userDirectory?:&UserDirectory "
     "accountManager?:&HostLocalAccountManager hostAccessManager?:&HostAccessManager "
     "graphicsManager?:&HostGraphicsManager "
     "vsanInternalSystem?:&HostVsanInternalSystem "
     "certificateManager?:&HostCertificateManager cryptoManager?:&CryptoManager "
     "nvdimmSystem?:&HostNvdimmSystem@6.7 "
     "assignableHardwareManager?:&HostAssignableHardwareManager@7.0.0.0"},
    {"HostPciPassthruConfig", "",
     "id:string passthruEnabled:boolean applyNow?:boolean@7.0.0.0 "
     "hardwareLabel?:string@7.0.2.0"},
    {"HostMaintenanceSpec", "", "vsanMode?:VsanHostDecommissionMode purpose?:string@7.0.0.0"},
    {"VsanHostDecommissionMode", "", "objectAction:string"},
    {"SoftwarePackage", "",
     "name:string version:string type:string vendor:string acceptanceLevel:string "
     "summary:string description:string referenceURL?*:string creationDate?:dateTime "
     "depends?*:Relation conflicts?*:Relation replaces?*:Relation provides?*:string "
     "maintenanceModeRequired?:boolean hardwarePlatformsRequired?*:string "
     "capability:SoftwarePackageCapability tag?*:string payload?*:string"},
    {"SoftwarePackageCapability", "",
     "liveInstallAllowed?:boolean liveRemoveAllowed?:boolean statelessReady?:boolean "
     "overlay?:boolean"},
    {"Relation", "", "constraint?:string name:string version?:string"},
    {"ConfigTarget", "",
     "numCpus:int numCpuCores:int numNumaNodes:int maxCpusPerHost?:int@7.0.0.0 "
     "smcPresent:boolean datastore?*:VirtualMachineDatastoreInfo "
     "network?*:VirtualMachineNetworkInfo opaqueNetwork?*:OpaqueNetworkTargetInfo "
     "distributedVirtualPortgroup?*:DistributedVirtualPortgroupInfo "
     "distributedVirtualSwitch?*:DistributedVirtualSwitchInfo "
     "cdRom?*:VirtualMachineCdromInfo serial?*:VirtualMachineSerialInfo "
     "parallel?*:VirtualMachineParallelInfo sound?*:VirtualMachineSoundInfo "
     "usb?*:VirtualMachineUsbInfo floppy?*:VirtualMachineFloppyInfo "
     "legacyNetworkInfo?*:VirtualMachineLegacyNetworkSwitchInfo "
     "scsiPassthrough?*:VirtualMachineScsiPassthroughInfo "
     "scsiDisk?*:VirtualMachineScsiDiskDeviceInfo "
     "ideDisk?*:VirtualMachineIdeDiskDeviceInfo maxMemMBOptimalPerf:int "
     "supportedMaxMemMB?:int@7.0.0.0 resourcePool?:ResourcePoolRuntimeInfo "
     "autoVmotion?:boolean pciPassthrough?*:VirtualMachinePciPassthroughInfo "
     "sriov?*:VirtualMachineSriovInfo vFlashModule?*:VirtualMachineVFlashModuleInfo "
     "sharedGpuPassthroughTypes?*:VirtualMachinePciSharedGpuPassthroughInfo "
     "availablePersistentMemoryReservationMB?:long@6.7 "
     "dynamicPassthrough?*:VirtualMachineDynamicPassthroughInfo@7.0.0.0 "
     "sgxTargetInfo?:VirtualMachineSgxTargetInfo@7.0.0.0 "
     "precisionClockInfo?*:VirtualMachinePrecisionClockInfo@7.0.0.0 "
     "sevSupported?:boolean@7.0.1.0 "
     "vgpuDeviceInfo?*:VirtualMachineVgpuDeviceInfo@7.0.3.0 "
     "vgpuProfileInfo?*:VirtualMachineVgpuProfileInfo@7.0.3.0 "
     "vendorDeviceGroupInfo?*:VirtualMachineVendorDeviceGroupInfo@8.0.0.1 "
     "maxSimultaneousThreads?:int@8.0.0.1 "
     "dvxClassInfo?*:VirtualMachineDvxClassInfo@8.0.0.1"},
    {"VirtualMachineTargetInfo", "", "name:string configurationTag?*:string"},
    {"VirtualMachinePciPassthroughInfo", "VirtualMachineTargetInfo",
     "pciDevice:HostPciDevice systemId:string"},
    {"VirtualMachinePciSharedGpuPassthroughInfo", "VirtualMachineTargetInfo", "vgpu:string"},
    {"VirtualMachineVgpuDeviceInfo", "VirtualMachineTargetInfo",
     "deviceName:string@7.0.3.0 deviceVendorId:long@7.0.3.0 "
     "maxFbSizeInGib:long@7.0.3.0 timeSlicedCapable:boolean@7.0.3.0 "
     "migCapable:boolean@7.0.3.0 computeProfileCapable:boolean@7.0.3.0 "
     "quadroProfileCapable:boolean@7.0.3.0"},
    {"VirtualMachineVgpuProfileInfo", "VirtualMachineTargetInfo",
     "profileName:string@7.0.3.0 deviceVendorId:long@7.0.3.0 "
     "fbSizeInGib:long@7.0.3.0 profileSharing:string@7.0.3.0 "
     "profileClass:string@7.0.3.0 "
     "stunTimeEstimates?*:VirtualMachineVMotionStunTimeInfo@8.0.2.0"},
    {"TaskReason", "", ""},
    {"TaskReasonUser", "TaskReason", "userName:string"},
    {"!GuestAuthentication", "", "interactiveSession:boolean"},
    {"NamePasswordAuthentication", "GuestAuthentication", "username:string password:string"},
    {"GuestProgramSpec", "",
     "programPath:string arguments:string workingDirectory?:string envVariables?*:string"},
    {"GuestProcessInfo", "",
     "name:string pid:long owner:string cmdLine:string startTime:dateTime endTime?:dateTime "
     "exitCode?:int"},
    {"GuestFileAttributes", "",
     "modificationTime?:dateTime accessTime?:dateTime symlinkTarget?:string"},
    {"GuestPosixFileAttributes", "GuestFileAttributes",
     "ownerId?:int groupId?:int permissions?:long"},
    {"GuestFileInfo", "",
     "path:string type:string size:long attributes:GuestFileAttributes"},
    {"GuestListFileInfo", "", "files?*:GuestFileInfo remaining:int"},
    {"FileTransferInformation", "",
     "attributes:GuestFileAttributes size:long url:string"},
    {0},
};
