// What the page's database holds.

/** @returns {Promise<{experiments: any[], jobs: string[]}>} the records of experiments, and the keys of all finished jobs, of one moment */
export const stored = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open("guided-dropout-lab");
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const read = request.result.transaction(["experiments", "jobs"]);
          const [records, keys] = [read.objectStore("experiments").getAll(), read.objectStore("jobs").getAllKeys()];
          read.oncomplete = () => {
            request.result.close();
            resolve({ experiments: records.result, jobs: keys.result });
          };
        };
      }),
  );
