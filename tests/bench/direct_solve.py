"""The bare program: the library, the model, a number. `python direct_solve.py MODEL OPTIONS`.

It also runs as `python -c` in a plain Job, so it imports nothing of argmin.
"""

import json
import sys
import time

import highspy

highs = highspy.Highs()
for name, value in json.loads(sys.argv[2]).items():
    highs.setOptionValue(name, value)
highs.readModel(sys.argv[1])
began = time.monotonic()
highs.run()
seconds = time.monotonic() - began
info = highs.getInfo()
print(
    json.dumps(
        {
            "status": highs.modelStatusToString(highs.getModelStatus()),
            "objective": info.objective_function_value,
            "nodes": info.mip_node_count,
            "seconds": seconds,
        }
    )
)
