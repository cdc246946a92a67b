# embed.cmake: files as constants of a C source. Run with -DOUT=FILE -DIN=DIRECTORY.
set(text "/* Made by html/embed.cmake. */\n#include \"html_assets.h\"\n")
foreach(part css js)
  file(READ ${IN}/page.${part} hex HEX)
  file(SHA256 ${IN}/page.${part} digest)
  string(LENGTH "${hex}" size)
  math(EXPR size "${size} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(..)" "0x\\1," digest "${digest}")
  string(APPEND text "static const unsigned char ${part}[] = {${bytes}0};\n"
    "const struct html_asset_data html_page_${part} = "
    "{(const char *)${part}, ${size}, {${digest}}};\n")
endforeach()
file(WRITE ${OUT} "${text}")
