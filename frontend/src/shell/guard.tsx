/** A fault in one room does not take the page away: the room says so and can be shown again. */
import { Component, type ComponentChildren } from "preact";

interface Props {
  name: string;
  children: ComponentChildren;
}

export class Guard extends Component<Props, { fault: string | null }> {
  override state = { fault: null as string | null };

  static override getDerivedStateFromError(fault: unknown) {
    return { fault: fault instanceof Error ? fault.message : String(fault) };
  }

  override componentDidCatch(fault: unknown) {
    console.error(fault);
  }

  render() {
    if (this.state.fault === null) return this.props.children;
    return (
      <div class="start" role="alert" data-test="fault">
        <h2>{this.props.name} cannot be shown</h2>
        <p class="refusal">
          This is a fault of the page, not of your plan, which is saved as the line at the top says. ({this.state.fault})
        </p>
        <button type="button" onClick={() => this.setState({ fault: null })}>
          Show it again
        </button>
      </div>
    );
  }
}
