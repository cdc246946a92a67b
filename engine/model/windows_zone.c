/* windows_zone.c: see windows_zone.h. The list is Microsoft's "time zone index values"; the
 * IANA names are those that Unicode's CLDR gives for the zone as a whole. */
#include "windows_zone.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "compiler.h"
#include "names.h"
#include "num.h"

static const struct windows_zone zones[] = {
    {0, "Dateline Standard Time", "Etc/GMT+12"},
    {1, "Samoa Standard Time", "Pacific/Apia"},
    {2, "Hawaiian Standard Time", "Pacific/Honolulu"},
    {3, "Alaskan Standard Time", "America/Anchorage"},
    {4, "Pacific Standard Time", "America/Los_Angeles"},
    {10, "Mountain Standard Time", "America/Denver"},
    {13, "Mexico Standard Time 2", "America/Chihuahua"},
    {15, "US Mountain Standard Time", "America/Phoenix"},
    {20, "Central Standard Time", "America/Chicago"},
    {25, "Canada Central Standard Time", "America/Regina"},
    {30, "Mexico Standard Time", "America/Mexico_City"},
    {33, "Central America Standard Time", "America/Guatemala"},
    {35, "Eastern Standard Time", "America/New_York"},
    {40, "US Eastern Standard Time", "America/Indianapolis"},
    {45, "SA Pacific Standard Time", "America/Bogota"},
    {50, "Atlantic Standard Time", "America/Halifax"},
    {55, "SA Western Standard Time", "America/La_Paz"},
    {56, "Pacific SA Standard Time", "America/Santiago"},
    {60, "Newfoundland Standard Time", "America/St_Johns"},
    {65, "E. South America Standard Time", "America/Sao_Paulo"},
    {70, "SA Eastern Standard Time", "America/Cayenne"},
    {73, "Greenland Standard Time", "America/Godthab"},
    {75, "Mid-Atlantic Standard Time", "Etc/GMT+2"},
    {80, "Azores Standard Time", "Atlantic/Azores"},
    {83, "Cape Verde Standard Time", "Atlantic/Cape_Verde"},
    {85, "GMT Standard Time", "Europe/London"},
    {90, "Greenwich Standard Time", "Atlantic/Reykjavik"},
    {95, "Central Europe Standard Time", "Europe/Budapest"},
    {100, "Central European Standard Time", "Europe/Warsaw"},
    {105, "Romance Standard Time", "Europe/Paris"},
    {110, "W. Europe Standard Time", "Europe/Berlin"},
    {113, "W. Central Africa Standard Time", "Africa/Lagos"},
    {115, "E. Europe Standard Time", "Europe/Chisinau"},
    {120, "Egypt Standard Time", "Africa/Cairo"},
    {125, "FLE Standard Time", "Europe/Kiev"},
    {130, "GTB Standard Time", "Europe/Bucharest"},
    {135, "Israel Standard Time", "Asia/Jerusalem"},
    {140, "South Africa Standard Time", "Africa/Johannesburg"},
    {145, "Russian Standard Time", "Europe/Moscow"},
    {150, "Arab Standard Time", "Asia/Riyadh"},
    {155, "E. Africa Standard Time", "Africa/Nairobi"},
    {158, "Arabic Standard Time", "Asia/Baghdad"},
    {160, "Iran Standard Time", "Asia/Tehran"},
    {165, "Arabian Standard Time", "Asia/Dubai"},
    {170, "Caucasus Standard Time", "Asia/Yerevan"},
    {175, "Afghanistan Standard Time", "Asia/Kabul"},
    {180, "Ekaterinburg Standard Time", "Asia/Yekaterinburg"},
    {185, "West Asia Standard Time", "Asia/Tashkent"},
    {190, "India Standard Time", "Asia/Calcutta"},
    {193, "Nepal Standard Time", "Asia/Katmandu"},
    {195, "Central Asia Standard Time", "Asia/Almaty"},
    {200, "Sri Lanka Standard Time", "Asia/Colombo"},
    {201, "N. Central Asia Standard Time", "Asia/Novosibirsk"},
    {203, "Myanmar Standard Time", "Asia/Rangoon"},
    {205, "SE Asia Standard Time", "Asia/Bangkok"},
    {207, "North Asia Standard Time", "Asia/Krasnoyarsk"},
    {210, "China Standard Time", "Asia/Shanghai"},
    {215, "Singapore Standard Time", "Asia/Singapore"},
    {220, "Taipei Standard Time", "Asia/Taipei"},
    {225, "W. Australia Standard Time", "Australia/Perth"},
    {227, "North Asia East Standard Time", "Asia/Irkutsk"},
    {230, "Korea Standard Time", "Asia/Seoul"},
    {235, "Tokyo Standard Time", "Asia/Tokyo"},
    {240, "Yakutsk Standard Time", "Asia/Yakutsk"},
    {245, "AUS Central Standard Time", "Australia/Darwin"},
    {250, "Cen. Australia Standard Time", "Australia/Adelaide"},
    {255, "AUS Eastern Standard Time", "Australia/Sydney"},
    {260, "E. Australia Standard Time", "Australia/Brisbane"},
    {265, "Tasmania Standard Time", "Australia/Hobart"},
    {270, "Vladivostok Standard Time", "Asia/Vladivostok"},
    {275, "West Pacific Standard Time", "Pacific/Port_Moresby"},
    {280, "Central Pacific Standard Time", "Pacific/Guadalcanal"},
    {285, "Fiji Standard Time", "Pacific/Fiji"},
    {290, "New Zealand Standard Time", "Pacific/Auckland"},
    {300, "Tonga Standard Time", "Pacific/Tongatapu"},
};

/* Case does not count, nor the dots that some lists put into abbreviations. */
static bool is_same(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, ".");
        b += strspn(b, ".");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
    }
}

const struct windows_zone *windows_zone_at(int64_t index)
{
    for (size_t i = 0; i < ARRAY_LEN(zones); i++)
        if (zones[i].index == index)
            return &zones[i];
    return NULL;
}

const struct windows_zone *windows_zone_find(const char *text)
{
    const char *digits = text + strspn(text, "0"); /* the list is often printed as 085 */
    int64_t index;
    if (num_i64(*digits == '\0' && *text != '\0' ? "0" : digits, &index) == 0)
        return windows_zone_at(index);
    for (size_t i = 0; i < ARRAY_LEN(zones); i++)
        if (is_same(zones[i].name, text) || is_same(zones[i].iana, text))
            return &zones[i];
    return NULL;
}

const char *windows_zone_nearest(const char *text)
{
    const char *names[2 * ARRAY_LEN(zones)];
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        names[2 * i] = zones[i].name;
        names[2 * i + 1] = zones[i].iana;
    }
    return names_nearest(text, names, ARRAY_LEN(names));
}
