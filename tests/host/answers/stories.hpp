// Objects as they are stored, for tests of texts, and files with the texts that are expected.
// STOKER_WRITE_GOLDEN=1 writes them anew; look at the difference then.
#pragma once

#include "host/base/utc_time.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace stoker::host {

inline const std::string good = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
                         fresh = "2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e";
inline const std::int64_t story_now = unix_ms_of("2025-01-02T12:00:00Z").value_or(0);

// A SyncTarget of Sync line-a. `status` is what its status has beside the names: `"outcome": …, …`.
inline std::string target_object(const std::string& status, const std::string& name = "press-1",
                                 const std::string& revision = fresh, const std::string& annotations = "{}",
                                 const std::string& more_spec = "") {
  return R"({"apiVersion": "stoker.io/v1alpha1", "kind": "SyncTarget", "metadata": {"name": ")" + name +
         R"(", "namespace": "default", "uid": "u-)" + name +
         R"(", "resourceVersion": "42", "labels": {"stoker.io/sync": "line-a"},
      "creationTimestamp": "2025-01-01T08:00:00Z", "annotations": )" +
         annotations + R"(},
    "spec": {"format": 1, "sync": "line-a", "namespace": "default", "ref": "refs/heads/main", "revision": ")" +
         revision + R"(", "token": 7, "profile": {"name": "line", "designer": "wait", "syncPeriod": "30s"})" +
         more_spec + R"(},
    "status": {)" +
         status + "}}";
}

// How a target stands before something new comes.
inline std::string running(const std::string& revision, bool verified = true, bool settled = true) {
  return R"("observedToken": 7, "startedAt": "2025-01-02T11:59:40Z", "durationMs": 1250, "running": {"revision": ")" +
         revision + R"(", "ref": "refs/heads/main", "verified": )" + (verified ? "true" : "false") +
         R"(, "settled": )" + (settled ? "true" : "false") + R"(, "since": "2025-01-02T11:55:00Z"})";
}

inline std::string well_target(const std::string& name = "press-1") {
  return target_object(R"("outcome": "unchanged", "stage": "plan", "verified": true, "settled": true, "revision": ")" +
                           fresh + "\", " + running(fresh),
                       name);
}

inline std::string held_target(const std::string& hold, const std::string& name = "press-1") {
  return target_object(
      R"("outcome": "held", "stage": "admit", "revision": ")" + fresh + R"(", "hold": )" + hold + ", " + running(good),
      name);
}

inline std::string failed_target(const std::string& stage, const std::string& error,
                                 const std::string& name = "press-1") {
  return target_object(
      R"("outcome": "failed", "stage": ")" + stage + R"(", "revision": ")" + fresh + R"(", "error": )" + error +
          R"(, "history": [{"id": "r2", "timestamp": "2025-01-02T09:00:00Z", "commit": ")" + fresh +
          R"(", "ref": "refs/heads/main", "result": "failed", "message": "failed", "filesChanged": 0, "durationMs": 900}], )" +
          running(good),
      name);
}

// `more_spec` begins with a comma, and so does `more_metadata`.
inline std::string sync_object(const std::string& conditions = "", const std::string& more_spec = "",
                               const std::string& annotations = "{}") {
  return R"({"apiVersion": "stoker.io/v1alpha1", "kind": "GatewaySync", "metadata": {"name": "line-a", "namespace": "default",
      "uid": "s-1", "resourceVersion": "40", "generation": 3, "creationTimestamp": "2025-01-01T08:00:00Z", "annotations": )" +
         annotations + R"(},
    "spec": {"git": {"repo": "https://git.example.com/config.git", "ref": "main"}, "sync": {"profiles": {"line": {"mappings": [
      {"source": "projects", "destination": "projects"}]}}})" +
         more_spec + R"(},
    "status": {"observedGeneration": 3, "profileCount": 1, "lastSyncRef": "refs/heads/main", "lastSyncCommit": ")" +
         fresh +
         R"(", "lastSyncCommitShort": "2b3c4d5", "lastSyncTime": "2025-01-02T11:55:00Z", "refResolutionStatus": "Resolved",
      "conditions": [)" +
         conditions + "]}}";
}

// Equal to the text in the file `name` beside this one.
inline void expect_golden(const std::string& text, const std::string& name) {
  const std::filesystem::path file = std::filesystem::path(STOKER_SOURCE_DIR) / "tests/host/answers/expected" / name;
  if (std::getenv("STOKER_WRITE_GOLDEN")) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::ifstream in(file);
  ASSERT_TRUE(in.is_open()) << file << " is not there; STOKER_WRITE_GOLDEN=1 writes it";
  EXPECT_EQ(text, std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>()));
}

}  // namespace stoker::host
