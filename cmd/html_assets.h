/* html_assets.h: the style and the script of HTML pages (cmd/html/), made part of the program
 * by html/embed.cmake. */
#ifndef GF_HTML_ASSETS_H
#define GF_HTML_ASSETS_H

#include <stddef.h>

struct html_asset_data {
    const char *content;
    size_t size;
    unsigned char sha256[32]; /* of the content */
};

extern const struct html_asset_data html_page_css, html_page_js;

#endif
