/* schema_objects.c: managed objects that the simulated vCenter serves, with their properties.
 * Name, base, fields in wire order; the notation is in
 * vim25_schema.h. A leading ! marks types that never appear without xsi:type. */
#include "vim25_schema.h"

const struct schema_row schema_objects[] = {
    {"ServiceInstance", "",
     "serverClock:dateTime capability:Capability content:ServiceContent"},
    {"SessionManager", "",
     "sessionList?*:UserSession currentSession?:UserSession message?:string "
     "messageLocaleList?*:string supportedLocaleList?*:string defaultLocale:string"},
    {"PropertyCollector", "", "filter?*:&PropertyFilter"},
    {"PropertyFilter", "", "spec:PropertyFilterSpec partialUpdates:boolean"},
    {"ViewManager", "", "viewList?*:&View"},
    {"View", "", ""},
    {"ManagedObjectView", "View", "view?*:&"},
    {"ContainerView", "ManagedObjectView",
     "container:&ManagedEntity type?*:string recursive:boolean"},
    {"ExtensibleManagedObject", "", "value?*:CustomFieldValue availableField?*:CustomFieldDef"},
    {"ManagedEntity", "ExtensibleManagedObject",
     "parent?:&ManagedEntity customValue?*:CustomFieldValue "
     "overallStatus:ManagedEntityStatus configStatus:ManagedEntityStatus "
     "configIssue?*:Event effectiveRole?*:int permission?*:Permission name:string "
     "disabledMethod?*:string recentTask?*:&Task declaredAlarmState?*:AlarmState "
     "triggeredAlarmState?*:AlarmState alarmActionsEnabled?:boolean tag?*:Tag"},
    {"Folder", "ManagedEntity",
     "childType?*:string childEntity?*:&ManagedEntity namespace?:string@7.0.0.0"},
    {"Datacenter", "ManagedEntity",
     "vmFolder:&Folder hostFolder:&Folder datastoreFolder:&Folder "
     "networkFolder:&Folder datastore?*:&Datastore network?*:&Network "
     "configuration:DatacenterConfigInfo"},
    {"ComputeResource", "ManagedEntity",
     "resourcePool?:&ResourcePool host?*:&HostSystem datastore?*:&Datastore "
     "network?*:&Network summary:ComputeResourceSummary "
     "environmentBrowser?:&EnvironmentBrowser "
     "configurationEx:ComputeResourceConfigInfo lifecycleManaged?:boolean@6.9.1 "
     "configManagerEnabled?:boolean@8.0.0.0"},
    {"ClusterComputeResource", "ComputeResource",
     "configuration:ClusterConfigInfo recommendation?*:ClusterRecommendation "
     "drsRecommendation?*:ClusterDrsRecommendation "
     "summaryEx:ClusterComputeResourceSummary@7.0.1.1 "
     "hciConfig?:ClusterComputeResourceHCIConfigInfo@6.7.1 "
     "migrationHistory?*:ClusterDrsMigration actionHistory?*:ClusterActionHistory "
     "drsFault?*:ClusterDrsFaults"},
    {"ResourcePool", "ManagedEntity",
     "summary:ResourcePoolSummary runtime:ResourcePoolRuntimeInfo "
     "owner:&ComputeResource resourcePool?*:&ResourcePool vm?*:&VirtualMachine "
     "config:ResourceConfigSpec namespace?:string@7.0.0.0 "
     "childConfiguration?*:ResourceConfigSpec"},
    {"HostSystem", "ManagedEntity",
     "runtime:HostRuntimeInfo summary:HostListSummary hardware?:HostHardwareInfo "
     "capability?:HostCapability licensableResource:HostLicensableResourceInfo "
     "remediationState?:HostSystemRemediationState@6.7 "
     "precheckRemediationResult?:ApplyHostProfileConfigurationSpec@6.7 "
     "remediationResult?:ApplyHostProfileConfigurationResult@6.7 "
     "complianceCheckState?:HostSystemComplianceCheckState@6.7 "
     "complianceCheckResult?:ComplianceResult@6.7 configManager:HostConfigManager "
     "config?:HostConfigInfo vm?*:&VirtualMachine datastore?*:&Datastore "
     "network?*:&Network datastoreBrowser:&HostDatastoreBrowser "
     "systemResources?:HostSystemResourceInfo "
     "answerFileValidationState?:AnswerFileStatusResult@6.7 "
     "answerFileValidationResult?:AnswerFileStatusResult@6.7"},
    {"VirtualMachine", "ManagedEntity",
     "capability:VirtualMachineCapability config?:VirtualMachineConfigInfo "
     "layout?:VirtualMachineFileLayout layoutEx?:VirtualMachineFileLayoutEx "
     "storage?:VirtualMachineStorageInfo environmentBrowser:&EnvironmentBrowser "
     "resourcePool?:&ResourcePool parentVApp?:&ManagedEntity "
     "resourceConfig?:ResourceConfigSpec runtime:VirtualMachineRuntimeInfo "
     "guest?:GuestInfo summary:VirtualMachineSummary datastore?*:&Datastore "
     "network?*:&Network snapshot?:VirtualMachineSnapshotInfo "
     "rootSnapshot?*:&VirtualMachineSnapshot "
     "guestHeartbeatStatus:ManagedEntityStatus"},
    {"Datastore", "ManagedEntity",
     "info:DatastoreInfo summary:DatastoreSummary host?*:DatastoreHostMount "
     "vm?*:&VirtualMachine browser:&HostDatastoreBrowser "
     "capability:DatastoreCapability iormConfiguration?:StorageIORMInfo"},
    {"Network", "ManagedEntity",
     "summary:NetworkSummary host?*:&HostSystem vm?*:&VirtualMachine"},
    {"Task", "ExtensibleManagedObject", "info:TaskInfo"},
    {"TaskManager", "", "recentTask?*:&Task description:TaskDescription maxCollector:int"},
    {"CustomizationSpecManager", "", "info?*:CustomizationSpecInfo encryptionKey?*:byte"},
    {"SearchIndex", "", ""},
    {"GuestOperationsManager", "",
     "authManager?:&GuestAuthManager fileManager?:&GuestFileManager "
     "processManager?:&GuestProcessManager "
     "guestWindowsRegistryManager?:&GuestWindowsRegistryManager "
     "aliasManager?:&GuestAliasManager"},
    {"GuestAuthManager", "", ""},
    {"GuestFileManager", "", ""},
    {"GuestProcessManager", "", ""},
    {"EnvironmentBrowser", "", "datastoreBrowser?:&HostDatastoreBrowser"},
    {"HostGraphicsManager", "ExtensibleManagedObject",
     "graphicsInfo?*:HostGraphicsInfo graphicsConfig?:HostGraphicsConfig "
     "sharedPassthruGpuTypes?*:string "
     "sharedGpuCapabilities?*:HostSharedGpuCapabilities@6.7"},
    {"HostPciPassthruSystem", "ExtensibleManagedObject",
     "pciPassthruInfo*:HostPciPassthruInfo "
     "sriovDevicePoolInfo?*:HostSriovDevicePoolInfo"},
    {"HostPowerSystem", "", "capability:PowerSystemCapability info:PowerSystemInfo"},
    {"HostServiceSystem", "ExtensibleManagedObject", "serviceInfo:HostServiceInfo"},
    {"HostImageConfigManager", "", ""},
    /* Types of which there are no objects here, but that clients ask for. */
    {"VirtualApp", "ResourcePool",
     "parentFolder?:&Folder datastore?*:&Datastore network?*:&Network "
     "vAppConfig?:VAppConfigInfo parentVApp?:&ManagedEntity "
     "childLink?*:VirtualAppLinkInfo"},
    {"StoragePod", "Folder",
     "summary?:StoragePodSummary podStorageDrsEntry?:PodStorageDrsEntry"},
    {"OpaqueNetwork", "Network",
     "capability?:OpaqueNetworkCapability extraConfig?*:OptionValue"},
    {"DistributedVirtualPortgroup", "Network",
     "key:string config:DVPortgroupConfigInfo portKeys?*:string"},
    {"DistributedVirtualSwitch", "ManagedEntity",
     "uuid:string capability:DVSCapability summary:DVSSummary config:DVSConfigInfo "
     "networkResourcePool?*:DVSNetworkResourcePool "
     "portgroup?*:&DistributedVirtualPortgroup runtime?:DVSRuntimeInfo"},
    {"VmwareDistributedVirtualSwitch", "DistributedVirtualSwitch", ""},
    {0},
};
