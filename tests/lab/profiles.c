/* profiles.c: the vGPU types of the cards that the lab knows, as data (vgpu-profiles.yaml; of
 * the P100 exactly the types that driver 384.73 lists). Which of them a host offers at a moment
 * is decided in world_vm.c. */
#include "world.h"

#include <strings.h>

/* name, api, class, frame buffer in MiB, most on one card, type id, PCI subsystem */
static const struct gpu_profile m60_profiles[] = {
    {"GRID M60-8Q", "grid_m60-8q", 'Q', 8192, 1, 22, 0x1150},
    {"GRID M60-4Q", "grid_m60-4q", 'Q', 4096, 2, 20, 0x114f},
    {"GRID M60-2Q", "grid_m60-2q", 'Q', 2048, 4, 18, 0x114e},
    {"GRID M60-1Q", "grid_m60-1q", 'Q', 1024, 8, 15, 0x114d},
    {"GRID M60-0Q", "grid_m60-0q", 'Q', 512, 16, 12, 0x114c},
    {"GRID M60-8A", "grid_m60-8a", 'A', 8192, 1, 21, 0x11b1},
    {"GRID M60-4A", "grid_m60-4a", 'A', 4096, 2, 19, 0x11b0},
    {"GRID M60-2A", "grid_m60-2a", 'A', 2048, 4, 16, 0x11af},
    {"GRID M60-1A", "grid_m60-1a", 'A', 1024, 8, 13, 0x11ae},
    {"GRID M60-2B", "grid_m60-2b", 'B', 2048, 4, 17, 0x117d},
    {"GRID M60-1B", "grid_m60-1b", 'B', 1024, 8, 14, 0x1177},
    {"GRID M60-0B", "grid_m60-0b", 'B', 512, 16, 11, 0x1176},
    {"GRID M60-2B4", "grid_m60-2b4", 'B', 2048, 4, 210, 0x12ec},
    {"GRID M60-1B4", "grid_m60-1b4", 'B', 1024, 8, 238, 0x1337},
};

static const struct gpu_profile p100_profiles[] = {
    {"GRID P100-1Q", "grid_p100-1q", 'Q', 1024, 16, 83, 0x1222},
    {"GRID P100-2Q", "grid_p100-2q", 'Q', 2048, 8, 84, 0x1223},
    {"GRID P100-4Q", "grid_p100-4q", 'Q', 4096, 4, 85, 0x1224},
    {"GRID P100-8Q", "grid_p100-8q", 'Q', 8192, 2, 86, 0x1225},
    {"GRID P100-16Q", "grid_p100-16q", 'Q', 16384, 1, 87, 0x1226},
    {"GRID P100-1A", "grid_p100-1a", 'A', 1024, 16, 88, 0x1227},
    {"GRID P100-2A", "grid_p100-2a", 'A', 2048, 8, 89, 0x1228},
    {"GRID P100-4A", "grid_p100-4a", 'A', 4096, 4, 90, 0x1229},
    {"GRID P100-8A", "grid_p100-8a", 'A', 8192, 2, 91, 0x122a},
    {"GRID P100-16A", "grid_p100-16a", 'A', 16384, 1, 92, 0x122b},
    {"GRID P100-1B", "grid_p100-1b", 'B', 1024, 16, 93, 0x1221},
};

static const struct gpu_profile v100_profiles[] = {
    {"GRID V100-16Q", "grid_v100-16q", 'Q', 16384, 1, 109, 0x1253},
    {"GRID V100-8Q", "grid_v100-8q", 'Q', 8192, 2, 108, 0x1252},
    {"GRID V100-4Q", "grid_v100-4q", 'Q', 4096, 4, 107, 0x1251},
    {"GRID V100-2Q", "grid_v100-2q", 'Q', 2048, 8, 106, 0x1250},
    {"GRID V100-1Q", "grid_v100-1q", 'Q', 1024, 16, 105, 0x124f},
    {"GRID V100-16C", "grid_v100-16c", 'C', 16384, 1, 301, 0x1379},
    {"GRID V100-8C", "grid_v100-8c", 'C', 8192, 2, 300, 0x1394},
    {"GRID V100-4C", "grid_v100-4c", 'C', 4096, 4, 299, 0x1393},
    {"GRID V100-16A", "grid_v100-16a", 'A', 16384, 1, 114, 0x1258},
    {"GRID V100-8A", "grid_v100-8a", 'A', 8192, 2, 113, 0x1257},
    {"GRID V100-4A", "grid_v100-4a", 'A', 4096, 4, 112, 0x1256},
    {"GRID V100-2A", "grid_v100-2a", 'A', 2048, 8, 111, 0x1255},
    {"GRID V100-1A", "grid_v100-1a", 'A', 1024, 16, 110, 0x1254},
    {"GRID V100-2B", "grid_v100-2b", 'B', 2048, 8, 163, 0x128f},
    {"GRID V100-1B", "grid_v100-1b", 'B', 1024, 16, 115, 0x124e},
    {"GRID V100-2B4", "grid_v100-2b4", 'B', 2048, 8, 217, 0x12f5},
    {"GRID V100-1B4", "grid_v100-1b4", 'B', 1024, 16, 247, 0x1340},
};

static const struct gpu_profile t4_profiles[] = {
    {"GRID T4-16Q", "grid_t4-16q", 'Q', 16384, 1, 234, 0x1310},
    {"GRID T4-8Q", "grid_t4-8q", 'Q', 8192, 2, 233, 0x130f},
    {"GRID T4-4Q", "grid_t4-4q", 'Q', 4096, 4, 232, 0x130e},
    {"GRID T4-2Q", "grid_t4-2q", 'Q', 2048, 8, 231, 0x130d},
    {"GRID T4-1Q", "grid_t4-1q", 'Q', 1024, 16, 230, 0x130c},
    {"GRID T4-16C", "grid_t4-16c", 'C', 16384, 1, 321, 0x1375},
    {"GRID T4-8C", "grid_t4-8c", 'C', 8192, 2, 320, 0x139b},
    {"GRID T4-4C", "grid_t4-4c", 'C', 4096, 4, 319, 0x139a},
    {"GRID T4-16A", "grid_t4-16a", 'A', 16384, 1, 229, 0x1315},
    {"GRID T4-8A", "grid_t4-8a", 'A', 8192, 2, 228, 0x1314},
    {"GRID T4-4A", "grid_t4-4a", 'A', 4096, 4, 227, 0x1313},
    {"GRID T4-2A", "grid_t4-2a", 'A', 2048, 8, 226, 0x1312},
    {"GRID T4-1A", "grid_t4-1a", 'A', 1024, 16, 225, 0x1311},
    {"GRID T4-2B", "grid_t4-2b", 'B', 2048, 8, 223, 0x130a},
    {"GRID T4-1B", "grid_t4-1b", 'B', 1024, 16, 222, 0x1309},
    {"GRID T4-2B4", "grid_t4-2b4", 'B', 2048, 8, 224, 0x130b},
    {"GRID T4-1B4", "grid_t4-1b4", 'B', 1024, 16, 252, 0x1345},
};

static const struct card {
    unsigned device_id;
    const struct gpu_profile *profiles;
    size_t n;
} cards[] = {
    {0x13f2, m60_profiles, ARRAY_LEN(m60_profiles)},   /* Tesla M60 */
    {0x15f8, p100_profiles, ARRAY_LEN(p100_profiles)}, /* Tesla P100-PCIE-16GB */
    {0x1db4, v100_profiles, ARRAY_LEN(v100_profiles)}, /* Tesla V100-PCIE-16GB */
    {0x1eb8, t4_profiles, ARRAY_LEN(t4_profiles)},     /* Tesla T4 */
};

const struct gpu_profile *gpu_profiles(const struct gpu *gpu, size_t *ret_n)
{
    for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
        if (cards[i].device_id == gpu->device_id) {
            *ret_n = cards[i].n;
            return cards[i].profiles;
        }
    }
    *ret_n = 0;
    return NULL;
}

const struct gpu_profile *gpu_profile(const struct gpu *gpu, const char *api_name)
{
    size_t n;
    const struct gpu_profile *profiles = gpu_profiles(gpu, &n);
    for (size_t i = 0; api_name && i < n; i++) {
        if (!strcasecmp(profiles[i].api, api_name))
            return &profiles[i];
    }
    return NULL;
}
