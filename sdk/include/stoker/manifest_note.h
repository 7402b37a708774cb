/* The manifest of a plugin, as JSON, in an ELF note: owner "Stoker", type 1. C and C++; gcc and clang.
 * STOKER_MANIFEST("plugin.json") stands once in a plugin; the file is looked for where the assembler looks
 * (stoker_add_plugin adds the plugin's folder). */
#ifndef STOKER_MANIFEST_NOTE_H
#define STOKER_MANIFEST_NOTE_H

#define STOKER_MANIFEST_NOTE_OWNER "Stoker"
#define STOKER_MANIFEST_NOTE_TYPE 1

#define STOKER_MANIFEST(file)                               \
  __asm__(                                                  \
      ".pushsection .note.stoker, \"a\", %note\n"           \
      ".balign 4\n"                                         \
      ".long 7\n"       /* length of the owner, with NUL */ \
      ".long 2f - 1f\n" /* length of the manifest */        \
      ".long 1\n"       /* type */                          \
      ".asciz \"Stoker\"\n"                                 \
      ".balign 4\n"                                         \
      "1: .incbin \"" file                                  \
      "\"\n"                                                \
      "2: .balign 4\n"                                      \
      ".popsection\n")

#endif
