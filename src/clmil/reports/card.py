def model_card(**values):
    return "# Model\n"
