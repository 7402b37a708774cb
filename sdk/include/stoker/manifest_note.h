/* SPDX-License-Identifier: Apache-2.0 */
/* STOKER_MANIFEST("plugin.json"): puts a plugin's manifest into its library. For C and C++ with gcc or clang.
 *
 * Concept. The manifest is a JSON document: id, version, kinds, needed services, schema of the settings. The macro
 * stores the file's bytes in an ELF note (owner "Stoker", type 1), at most 256 KiB. The host reads the note without
 * loading the library. Write the macro once, at file scope; STOKER_PLUGIN (stoker/plugin.hpp) contains it. The file is
 * looked for in the folder STOKER_MANIFEST_FOLDER, a text that ends in "/" and that stoker_add_plugin() defines.
 * Without that, the assembler looks in its own include folders: give them with -Wa,-I. */
#ifndef STOKER_MANIFEST_NOTE_H
#define STOKER_MANIFEST_NOTE_H

#define STOKER_MANIFEST_NOTE_OWNER "Stoker"
#define STOKER_MANIFEST_NOTE_TYPE 1

#ifndef STOKER_MANIFEST_FOLDER
#define STOKER_MANIFEST_FOLDER ""
#endif

#define STOKER_MANIFEST(file)                               \
  __asm__(                                                  \
      ".pushsection .note.stoker, \"a\", %note\n"           \
      ".balign 4\n"                                         \
      ".long 7\n"       /* length of the owner, with NUL */ \
      ".long 2f - 1f\n" /* length of the manifest */        \
      ".long 1\n"       /* type */                          \
      ".asciz \"Stoker\"\n"                                 \
      ".balign 4\n"                                         \
      "1: .incbin \"" STOKER_MANIFEST_FOLDER file           \
      "\"\n"                                                \
      "2: .balign 4\n"                                      \
      ".popsection\n")

#endif
